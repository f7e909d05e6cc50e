import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { MigrateError } from '../errors/migrate-error.ts'
import { CipherError, decrypt, encrypt } from './cipher.ts'
import { removeFolder } from './folder.ts'
import { listFiles } from './files.ts'
import { keyOf } from './key.ts'
import type { Backup } from './manifest.ts'

const suffix = '.enc'

/** Puts an encrypted file in the place of every file of a folder. */
export async function encryptFolder(folder: string, key: Buffer): Promise<void> {
  for (const path of await listFiles(folder)) {
    const plain = join(folder, path)
    const write = createWriteStream(plain + suffix, { flags: 'wx', mode: 0o600, flush: true })
    await pipeline(
      createReadStream(plain),
      (source: AsyncIterable<Buffer>) => encrypt(source, key, path),
      write,
    )
    await rm(plain)
  }
}

/**
 * Gives a backup's files to `use` as pg_dump wrote them. Those of an encrypted one are decrypted into a folder that
 * only this user can read and that is gone afterwards, whatever happens.
 * @throws MigrateError `key-missing`, `key-wrong`, `backup-corrupt`
 */
export async function withPlainFiles<T>(
  { path, manifest }: Backup,
  keyCommand: string | undefined,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  if (manifest.encryption === undefined) return use(path)
  // mkdtemp makes it for this user alone (0700).
  const folder = await mkdtemp(join(tmpdir(), 'pg-relocate-plain-'))
  try {
    await decryptInto({ path, manifest }, keyCommand, folder)
    return await use(folder)
  } finally {
    await removeFolder(folder)
  }
}

/**
 * Writes the files of an encrypted backup, as pg_dump wrote them, into a folder.
 * @throws MigrateError `key-missing`, `key-wrong`, `backup-corrupt`, `usage-invalid` when the backup is not encrypted
 */
export async function decryptInto(
  { path, manifest }: Backup,
  keyCommand: string | undefined,
  folder: string,
): Promise<void> {
  if (manifest.encryption === undefined) {
    throw new MigrateError('usage-invalid', `the backup ${path} is not encrypted`)
  }
  const key = await keyOf(path, manifest.encryption, keyCommand)
  try {
    for (const file of manifest.files) {
      const name = file.path.slice(0, -suffix.length)
      const target = join(folder, name)
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      await pipeline(
        createReadStream(join(path, file.path)),
        (source: AsyncIterable<Buffer>) => decrypt(source, key, name),
        createWriteStream(target, { flags: 'wx', mode: 0o600 }),
      )
    }
  } catch (error) {
    if (!(error instanceof CipherError)) throw error
    throw new MigrateError('backup-corrupt', `the backup ${path} cannot be decrypted: ${error.message}`, {
      next: [`migrate backup verify ${path}`, 'migrate backup list        tells the backups there are'],
      cause: error,
    })
  }
}
