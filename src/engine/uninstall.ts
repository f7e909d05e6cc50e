import { journalSchema } from '../catalog/names.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { readJournalState, removeJournal, removeUnfinished } from '../journal/install.ts'
import { readActiveRuns } from '../journal/read.ts'
import { forgetInterrupted, readKept } from '../restore/kept.ts'
import { forget, type Forgotten } from './forget.ts'
import type { Workspace } from './workspace.ts'

export interface Uninstalled extends Forgotten {
  readonly isRemoved: boolean
}

const nothing: Forgotten = { removed: [], left: [] }

/**
 * Removes the journal and so the last object the tool has of its own. Refused while a run stands, since its undo
 * would be lost; `forget` removes it all the same, for the copy of a database whose journal is not true there, and everything
 * else that the tool has made; also where the journal is lost.
 * @throws MigrateError `run-standing`
 */
export async function uninstall(
  workspace: Workspace,
  options: { forget: boolean; isRehearsal?: boolean },
): Promise<Uninstalled> {
  const { session, server } = workspace
  if ((await readJournalState(session)) === 'missing') {
    const forgotten = options.forget ? await forget(workspace, options.isRehearsal === true) : nothing
    if (options.isRehearsal === true) return { ...forgotten, isRemoved: false }
    const isRemoved = (await removeUnfinished(session)) || forgotten.removed.length > 0
    return { ...forgotten, isRemoved }
  }
  const standing = (await readActiveRuns(session)).filter(({ switched }) => switched)
  const here = await session.one<{ ours: boolean }>(
    `select not exists (select from ${journalSchema}.runs where system_identifier <> $1 or database_oid <> $2) as ours`,
    [server.systemIdentifier, server.databaseOid],
  )
  if (standing.length > 0 && !(options.forget && !here.ours)) {
    throw new MigrateError(
      'run-standing',
      `${standing.map(({ plan }) => `plan "${plan}"`).join(', ')} ${standing.length === 1 ? 'has' : 'have'} a run that stands; its undo would be lost with the journal`,
      {
        next: ['migrate rollback --to 0', 'or finish it with contract, then run the same command again'],
      },
    )
  }
  const kept = (await readKept(session)).filter(({ state }) => state !== 'released')
  if (kept.length > 0 && !options.forget) {
    throw new MigrateError(
      'run-standing',
      `the old rows of ${kept.length} restores are kept in this database`,
      {
        next: kept.map(({ id }) => `migrate restore --release ${id}        drops them`),
      },
    )
  }
  const { held } = await session.one<{ held: boolean }>(
    `select exists (select from pg_locks where locktype = 'advisory' and granted and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())
        and classid = (hashtext('pg-relocate lease')::bigint & 4294967295)::oid) as held`,
  )
  if (held)
    throw new MigrateError('lease-held', 'a runner is at work in this database', {
      next: ['migrate status', 'wait for it, then run the same command again'],
    })
  const forgotten = options.forget ? await forget(workspace, options.isRehearsal === true) : nothing
  if (options.isRehearsal === true) return { ...forgotten, isRemoved: false }
  if (!options.forget) await forgetInterrupted(session)
  await removeJournal(session)
  return { ...forgotten, isRemoved: true }
}
