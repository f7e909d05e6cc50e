import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, chown, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** A file that is no text in UTF-8; what can be made out of it is enough to look for names. */
export interface NoText {
  readonly kind: 'binary' | 'encoding'
  readonly reason: string
  readonly letters: string
}

/** Does a file that is too large to be read as a whole hold what is looked for? */
export async function holds(file: string, test: (letters: string) => boolean): Promise<boolean> {
  // What is looked for may lie where one part ends and the next begins.
  let before = ''
  for await (const part of createReadStream(file, { encoding: 'latin1', highWaterMark: 4 * 1024 * 1024 })) {
    const letters = before + (part as string)
    if (test(letters)) return true
    before = letters.slice(-256)
  }
  return false
}

/** The text of a file with its byte order mark, if it has one; or why it is none. */
export async function readText(file: string): Promise<{ readonly text: string } | NoText> {
  const bytes = await readFile(file)
  // In UTF-16 every other byte of a name is zero.
  const noText = (kind: NoText['kind'], reason: string): NoText => ({
    kind,
    reason,
    letters: bytes.toString('latin1').replaceAll('\0', ''),
  })
  if (bytes.includes(0)) return noText('binary', 'it holds zero bytes, as no text in UTF-8 does')
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    // The decoder says no more than that.
    return noText('encoding', 'it is not in UTF-8')
  }
}

/**
 * Replaces a file's content in one step: who reads it meanwhile has the old or the new one. Mode and owner stay, and a name
 * that is a link stays one.
 */
export async function replaceText(file: string, text: string): Promise<void> {
  const target = await realpath(file)
  const { mode, uid, gid } = await stat(target)
  const beside = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}`)
  try {
    const handle = await open(beside, 'wx', mode & 0o7777)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await chmod(beside, mode & 0o7777)
    // Only root may give a file away, and only for root it would be another's else.
    if (process.getuid?.() === 0) await chown(beside, uid, gid)
    await rename(beside, target)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

/** The same for a file that need not be there. */
export async function replaceOrCreate(file: string, text: string): Promise<void> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  )
  if (isThere) await replaceText(file, text)
  else await writeFile(file, text)
}
