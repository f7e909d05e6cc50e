import { MigrateError } from '../errors/migrate-error.ts'
import { readServer } from '../pg/server.ts'
import { Session } from '../pg/session.ts'
import { describeTarget, type DatabaseTarget } from '../pg/target.ts'

/**
 * Sees that a database somebody named is empty, so that a restore into it mixes with nothing.
 * @throws MigrateError `restore-refused`, `connection-failed`
 */
export async function checkEmpty(target: DatabaseTarget): Promise<void> {
  await using session = await Session.connect(target, 'migrate/restore')
  await readServer(session)
  const { objects } = await session.one<{ objects: number }>(
    `select count(*)::int as objects
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'`,
  )
  if (objects === 0) return
  throw new MigrateError('restore-refused', `database ${describeTarget(target)} is not empty`, {
    detail: [`it holds ${objects} relations`],
    next: ['createdb --template=template0 NAME, and name that one'],
  })
}
