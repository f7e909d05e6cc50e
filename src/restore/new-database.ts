import { MigrateError } from '../errors/migrate-error.ts'
import { ident } from '../pg/quoting.ts'
import type { ServerFacts } from '../pg/server.ts'
import type { Session } from '../pg/session.ts'
import { nameProblem } from '../plan/names.ts'
import { createLike } from './scratch.ts'

/**
 * Makes a database of that name and fills it with `fill`; it is dropped again if that fails.
 * @throws MigrateError `restore-refused` when the name is taken, `usage-invalid`
 */
export async function withNewDatabase<T>(
  { session, server }: { readonly session: Session; readonly server: ServerFacts },
  name: string,
  fill: () => Promise<T>,
): Promise<T> {
  const problem = nameProblem(name)
  if (name === '' || problem !== undefined) {
    throw new MigrateError('usage-invalid', problem ?? 'a database has a name', {})
  }
  const { taken } = await session.one<{ taken: boolean }>(
    'select exists (select from pg_database where datname = $1) as taken',
    [name],
  )
  if (taken) {
    throw new MigrateError('restore-refused', `database "${name}" exists already`, {
      next: ['name one that does not exist yet'],
    })
  }
  await createLike(session, server, name)
  try {
    return await fill()
  } catch (error) {
    await session.script(`drop database if exists ${ident(name)} with (force)`).catch(() => undefined)
    throw error
  }
}
