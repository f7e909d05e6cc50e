import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { journalSchema } from '../catalog/names.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import type { Session } from '../pg/session.ts'
import { ownConnection } from '../pg/target.ts'

const folder = fileURLToPath(new URL('../../migrations', import.meta.url))
const table = 'pgmigrations'

export type JournalState = 'missing' | 'older' | 'current'

/**
 * Looks at the journal without touching it.
 * @throws MigrateError `journal-newer` when a later version of the tool wrote it, `journal-foreign` when the schema
 * of that name belongs to something else
 */
export async function readJournalState(session: Session): Promise<JournalState> {
  const found = await session.one<{ schema: boolean; journal: boolean }>(
    `select to_regnamespace($1) is not null as schema, to_regclass($2) is not null as journal`,
    [journalSchema, `${journalSchema}.${table}`],
  )
  if (!found.schema) return 'missing'
  if (!found.journal) {
    const { objects } = await session.one<{ objects: number }>(
      `select count(*)::int as objects from pg_class where relnamespace = to_regnamespace($1)`,
      [journalSchema],
    )
    if (objects === 0) return 'missing'
    throw new MigrateError(
      'journal-foreign',
      `schema "${journalSchema}" exists in database "${session.target.alias}" and is not the journal of pg-relocate`,
      {
        detail: [`it holds ${objects} objects`],
        next: [`rename that schema, then run the same command again`],
      },
    )
  }
  const applied = await session.query<{ name: string }>(
    `select name from ${journalSchema}.${table} order by id`,
  )
  // A first install that was killed: its table is there, and nothing of the journal.
  if (applied.length === 0) return 'missing'
  const known = new Set(await migrationNames())
  const newer = applied.filter(({ name }) => !known.has(name))
  if (newer.length > 0) {
    throw new MigrateError('journal-newer', 'the journal was written by a newer version of pg-relocate', {
      detail: newer.map(({ name }) => `unknown journal migration ${name}`),
      next: ['npm install pg-relocate@latest', 'then run the same command again'],
    })
  }
  return applied.length === known.size ? 'current' : 'older'
}

/** Installs or updates the journal's schema; the caller keeps others from doing so at the same time. */
export async function installJournal(session: Session): Promise<void> {
  if ((await readJournalState(session)) === 'current') return
  await migrateJournal(session, 'up')
}

/** Removes every object of the journal, also its schema. */
export async function removeJournal(session: Session): Promise<void> {
  await migrateJournal(session, 'down')
  await session.script(`drop table ${journalSchema}.${table}; drop schema ${journalSchema} restrict`)
}

/** Removes what a killed first install has left: a schema with nothing in it, or with an empty table of migrations. */
export async function removeUnfinished(session: Session): Promise<boolean> {
  const { exists } = await session.one<{ exists: boolean }>(
    `select to_regnamespace($1) is not null as exists`,
    [journalSchema],
  )
  if (!exists) return false
  await session.script(
    `drop table if exists ${journalSchema}.${table}; drop schema ${journalSchema} restrict`,
  )
  return true
}

async function migrateJournal(session: Session, direction: 'up' | 'down'): Promise<void> {
  // Large, and wanted once in the life of a database.
  const { runner } = await import('node-pg-migrate')
  // It gets a connection of its own: with a borrowed one, a failure leaves its lock and an aborted transaction behind.
  await runner({
    databaseUrl: ownConnection(session.target, 'migrate/journal'),
    dir: folder,
    direction,
    ...(direction === 'down' ? { count: Infinity } : {}),
    migrationsTable: table,
    migrationsSchema: journalSchema,
    createMigrationsSchema: true,
    // Temporary objects last, as in every session of the runner.
    schema: [journalSchema, 'pg_temp'],
    noLock: true,
    log: () => undefined,
  })
}

async function migrationNames(): Promise<string[]> {
  const files = await readdir(folder)
  return files
    .filter((file) => /^\d+_.*\.sql$/.test(file))
    .map((file) => file.replace(/\.sql$/, ''))
    .sort()
}
