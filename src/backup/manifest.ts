import { createHash } from 'node:crypto'
import { open, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { MigrateError } from '../errors/migrate-error.ts'
import { manifestName, manifestSumName } from './files.ts'
import { isHidden } from './folder.ts'
import { encryptionSchema } from './key.ts'
import { scopeSchema } from './scope.ts'

const name = z.strictObject({ schema: z.string(), name: z.string() })

const manifestSchema = z.strictObject({
  format: z.literal(1),
  plan: z.string(),
  scope: scopeSchema,
  toolVersion: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  server: z.strictObject({
    version: z.string(),
    systemIdentifier: z.string(),
    database: z.string(),
    databaseOid: z.int(),
    lsn: z.string(),
    snapshot: z.string(),
  }),
  pgDumpVersion: z.string(),
  tables: z.array(name.extend({ oid: z.int(), rows: z.int(), checksum: z.string(), bytes: z.int() })),
  sequences: z.array(name),
  encryption: encryptionSchema.optional(),
  files: z.array(z.strictObject({ path: z.string(), bytes: z.int(), sha256: z.string() })),
  omitted: z.array(z.strictObject({ archive: z.string(), entry: z.string(), reason: z.string() })),
  restore: z.strictObject({ commands: z.array(z.string()), notes: z.array(z.string()) }),
})

/** What a backup holds, of what, from when, and how to get it back; `manifest.json` in its folder. */
export type Manifest = z.infer<typeof manifestSchema>

export interface Backup {
  readonly path: string
  readonly manifest: Manifest
}

/** Whether a backup is of this very database; plans of two may have one name and one folder. */
export function isOfDatabase(
  { server }: Manifest,
  { systemIdentifier, databaseOid }: Pick<Manifest['server'], 'systemIdentifier' | 'databaseOid'>,
): boolean {
  return server.systemIdentifier === systemIdentifier && server.databaseOid === databaseOid
}

/**
 * Reads a backup's manifest; the files it lists are not looked at.
 * @throws MigrateError `backup-corrupt` when there is none or it cannot be understood
 */
export async function readBackup(path: string): Promise<Backup> {
  const file = join(path, manifestName)
  try {
    return { path, manifest: manifestSchema.parse(JSON.parse(await readFile(file, 'utf8'))) }
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error).split('\n') : [String(error)]
    throw new MigrateError('backup-corrupt', `no backup can be read from ${path}`, {
      detail,
      next: ['migrate backup list        tells the backups there are'],
      cause: error,
    })
  }
}

/** The backups of a plan, newest first, and the folders among them whose manifest cannot be read. */
export async function listBackups(
  directory: string,
  plan: string,
): Promise<{ backups: Backup[]; unreadable: string[] }> {
  const parent = join(directory, plan)
  const entries = await readdir(parent, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  const folders = entries.filter((entry) => entry.isDirectory() && !isHidden(entry.name))
  const backups: Backup[] = []
  const unreadable: string[] = []
  for (const folder of folders) {
    const path = join(parent, folder.name)
    const backup = await readBackup(path).catch(() => undefined)
    if (backup) backups.push(backup)
    else unreadable.push(path)
  }
  backups.sort((a, b) => b.manifest.startedAt.localeCompare(a.manifest.startedAt))
  return { backups, unreadable }
}

/** Writes the manifest and its sum, down to the disk: with the manifest, which is last, the backup is complete. */
export async function writeManifest(path: string, manifest: Manifest): Promise<void> {
  const text = JSON.stringify(manifestSchema.parse(manifest), undefined, 2) + '\n'
  await writeNew(join(path, manifestSumName), manifestSum(text))
  await writeNew(join(path, manifestName), text)
}

/** What the file beside a manifest of that text holds. */
export function manifestSum(text: string | Buffer): string {
  return `${createHash('sha256').update(text).digest('hex')}  ${manifestName}\n`
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
