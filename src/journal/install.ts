import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { journalSchema } from '../catalog/names.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { Session } from '../pg/session.ts'
import { ownConnection } from '../pg/target.ts'
import { ownSchemas } from '../plan/names.ts'

const folder = fileURLToPath(new URL('../../migrations', import.meta.url))
const table = 'pgmigrations'

export type JournalState = 'missing' | 'older' | 'current'

/**
 * Looks at the journal without touching it.
 * @throws MigrateError `journal-newer` when a later version of the tool wrote it, `journal-foreign` when the schema
 * of that name belongs to something else
 */
export async function readJournalState(session: Session): Promise<JournalState> {
  await refuseSchemasOfOthers(session)
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

/**
 * What lies in a schema of the tool is run with the rights of its runner, so that the schema, and what is in it, must belong to
 * the runner's role or to one that may act as it anyway. The facades that wait in the staging schema belong to others.
 */
async function refuseSchemasOfOthers(session: Session): Promise<void> {
  const [found, ...others] = await session.query<{ schema: string; what: string }>(
    `with own as (select oid, nspname, nspowner, nspacl from pg_namespace where nspname = any ($1)),
          me as (select oid from pg_roles where rolname = current_user)
     select o.nspname as schema, format('it belongs to role %I', pg_get_userbyid(o.nspowner)) as what
       from own o, me where not pg_has_role(o.nspowner, me.oid, 'MEMBER')
     union all
     select o.nspname, format('%s may create in it', case when a.grantee = 0 then 'everybody' else pg_get_userbyid(a.grantee) end)
       from own o, me, aclexplode(o.nspacl) a
      where a.privilege_type = 'CREATE' and case when a.grantee = 0 then true else not pg_has_role(a.grantee, me.oid, 'MEMBER') end
     union all
     select o.nspname, format('%I in it belongs to role %I', c.relname, pg_get_userbyid(c.relowner))
       from own o join pg_class c on c.relnamespace = o.oid, me
      where not pg_has_role(c.relowner, me.oid, 'MEMBER') and not (c.relkind = 'v' and c.relname ~ '^aside_[0-9]+$')
     union all
     select o.nspname, format('function %I in it belongs to role %I', p.proname, pg_get_userbyid(p.proowner))
       from own o join pg_proc p on p.pronamespace = o.oid, me where not pg_has_role(p.proowner, me.oid, 'MEMBER')
     union all
     select o.nspname, format('trigger %I on %I in it calls %s', t.tgname, c.relname, t.tgfoid::regproc)
       from own o join pg_class c on c.relnamespace = o.oid join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal
       join pg_proc p on p.oid = t.tgfoid where p.pronamespace <> o.oid
      limit 10`,
    [[...ownSchemas]],
  )
  if (found === undefined) return
  throw new MigrateError(
    'journal-foreign',
    `schema "${found.schema}" exists in database "${session.target.alias}" and is not pg-relocate’s alone: ${found.what}`,
    {
      detail: others.map(({ schema, what }) => `schema "${schema}": ${what}`),
      next: [
        'rename that schema, or run the command as the role it belongs to',
        'then run the same command again',
      ],
    },
  )
}

/** Installs or updates the journal's schema; the caller keeps others from doing so at the same time. */
export async function installJournal(session: Session): Promise<void> {
  if ((await readJournalState(session)) === 'current') return
  await migrateJournal(session, 'up')
  // The sessions that this process has opened before there was a register.
  await session.enter(Session.backends)
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
