import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Begins every encrypted file; the last byte is the version of what follows. */
const magic = Buffer.from('PGRELOC\u0001', 'latin1')
const saltBytes = 16
const chunkBytes = 64 * 1024
const tagBytes = 16

/** The file is not what was written with this key under this name: changed, shortened, or another one. */
export class CipherError extends Error {}

/**
 * Encrypts a file in chunks, AES-256-GCM each. Its key is made for this file alone, of a fresh salt and its name, so that
 * a counter serves as nonce and files cannot change places. The last chunk is marked in its nonce: a file that ends
 * earlier, or whose chunks were reordered, does not decrypt.
 */
export async function* encrypt(
  plain: AsyncIterable<Buffer>,
  master: Buffer,
  name: string,
): AsyncGenerator<Buffer> {
  const salt = randomBytes(saltBytes)
  const key = fileKey(master, salt, name)
  yield Buffer.concat([magic, salt])
  let number = 0
  for await (const { chunk, isLast } of chunksOf(plain, chunkBytes)) {
    const cipher = createCipheriv('aes-256-gcm', key, nonce(number++, isLast))
    yield Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
  }
}

/** @throws CipherError at the first chunk that is not as it was written; what came before it was */
export async function* decrypt(
  encrypted: AsyncIterable<Buffer>,
  master: Buffer,
  name: string,
): AsyncGenerator<Buffer> {
  const source = afterHeader(encrypted)
  const first = await source.next()
  const header = first.done === true ? Buffer.alloc(0) : first.value
  if (!header.subarray(0, magic.length).equals(magic)) {
    throw new CipherError(`${name} is not a file that this tool has encrypted`)
  }
  const key = fileKey(master, header.subarray(magic.length), name)
  let number = 0
  for await (const { chunk, isLast } of chunksOf(source, chunkBytes + tagBytes)) {
    const wrong = new CipherError(`${name} is not as it was written: block ${number} does not decrypt`)
    if (chunk.length < tagBytes) throw wrong
    const decipher = createDecipheriv('aes-256-gcm', key, nonce(number++, isLast))
    decipher.setAuthTag(chunk.subarray(chunk.length - tagBytes))
    const plain = decipher.update(chunk.subarray(0, chunk.length - tagBytes))
    try {
      yield Buffer.concat([plain, decipher.final()])
    } catch {
      throw wrong
    }
  }
}

function fileKey(master: Buffer, salt: Buffer, name: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, salt, `file ${name}`, 32))
}

function nonce(number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeBigUInt64BE(BigInt(number), 0)
  bytes[11] = isLast ? 1 : 0
  return bytes
}

/** Cuts a stream into pieces of one size; the last is shorter or as long, and there always is a last one. */
async function* chunksOf(
  source: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<{ chunk: Buffer; isLast: boolean }> {
  let held: Buffer[] = []
  let length = 0
  for await (const piece of source) {
    held.push(piece)
    length += piece.length
    if (length <= size) continue
    let all = Buffer.concat(held)
    for (; all.length > size; all = all.subarray(size)) yield { chunk: all.subarray(0, size), isLast: false }
    held = [all]
    length = all.length
  }
  yield { chunk: Buffer.concat(held), isLast: true }
}

/** The header as one piece, then the rest. */
async function* afterHeader(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const size = magic.length + saltBytes
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const piece of source) {
    if (head === undefined) {
      yield piece
      continue
    }
    head = Buffer.concat([head, piece])
    if (head.length < size) continue
    yield head.subarray(0, size)
    yield head.subarray(size)
    head = undefined
  }
}
