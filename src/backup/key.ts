import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createHmac, randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { z } from 'zod'
import { MigrateError } from '../errors/migrate-error.ts'

export const encryptionSchema = z.strictObject({
  cipher: z.literal('aes-256-gcm'),
  derivation: z.strictObject({
    function: z.literal('scrypt'),
    salt: z.string(),
    cost: z.int().max(1 << 20),
    blockSize: z.int().max(64),
    parallelization: z.int().max(64),
  }),
  /** Tells a wrong key before anything is decrypted with it. */
  check: z.string(),
})

/** How a backup is encrypted; part of its manifest, and no secret. */
export type Encryption = z.infer<typeof encryptionSchema>

/**
 * Makes a key for a new backup of what the command prints.
 * @throws MigrateError `key-missing` when the command fails or prints nothing
 */
export async function newKey(command: string): Promise<{ key: Buffer; encryption: Encryption }> {
  const derivation: Encryption['derivation'] = {
    function: 'scrypt',
    salt: randomBytes(16).toString('hex'),
    cost: 1 << 15,
    blockSize: 8,
    parallelization: 1,
  }
  const key = await derive(await printedKey(command), derivation)
  return { key, encryption: { cipher: 'aes-256-gcm', derivation, check: checkOf(key) } }
}

/**
 * The key of a backup that was encrypted.
 * @throws MigrateError `key-missing` without a command, or when it fails; `key-wrong`
 */
export async function keyOf(
  path: string,
  encryption: Encryption,
  command: string | undefined,
): Promise<Buffer> {
  if (command === undefined) {
    throw new MigrateError('key-missing', `the backup ${path} is encrypted, and the plan names no key`, {
      next: ['set backups.keyCommand in the plan to the command that prints the key, then run it again'],
    })
  }
  const key = await derive(await printedKey(command), encryption.derivation)
  if (timingSafeEqual(Buffer.from(checkOf(key)), Buffer.from(encryption.check.padEnd(64).slice(0, 64))))
    return key
  throw new MigrateError('key-wrong', `the key that backups.keyCommand prints is not that of ${path}`, {
    next: ['let backups.keyCommand print the key that was used when the backup was taken'],
  })
}

/** Runs the command; what it prints is in no message, no argument and no file. */
async function printedKey(command: string): Promise<Buffer> {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [printed, [status, killedBy]] = await Promise.all([
    buffer(child.stdout),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ])
  const key = printed.at(-1) === 10 ? printed.subarray(0, -1) : printed
  const problem =
    status !== 0
      ? `ended with ${status === null ? killedBy : `status ${status}`}`
      : key.length < LEAST_BYTES
        ? `printed ${key.length} bytes; a key has at least ${LEAST_BYTES}`
        : undefined
  if (problem === undefined) return key
  throw new MigrateError('key-missing', `backups.keyCommand ${problem}`, {
    next: ['run the command by hand and see that it prints the key, then run the same command again'],
  })
}

function derive(
  printed: Buffer,
  { salt, cost, blockSize, parallelization }: Encryption['derivation'],
): Promise<Buffer> {
  const options: ScryptOptions = { cost, blockSize, parallelization, maxmem: 256 * cost * blockSize }
  return new Promise((resolve, reject) => {
    scrypt(printed, Buffer.from(salt, 'hex'), 32, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}

function checkOf(key: Buffer): string {
  return createHmac('sha256', key).update('pg-relocate backup key').digest('hex')
}

const LEAST_BYTES = 8
