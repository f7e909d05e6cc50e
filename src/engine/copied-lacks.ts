import { readStructureWatch } from '../catalog/structure-watch.ts'
import type { Journal } from '../journal/read.ts'
import { counts } from '../steps/watch-names.ts'
import type { Survey, Workspace } from './workspace.ts'

/** What no copy brings along, and what outside the database may still belong to the original. */
export async function lacks(
  { plan, target, session, server }: Workspace,
  { run, steps }: Journal,
  now: Survey,
): Promise<string[]> {
  const { pooler, standbys, subscribers } = plan.databases[target.alias]!
  const isOpen = now.facts.tables.some(({ location }) => location.stand === 'switched')
  const original = `database ${run.databaseName} of server ${run.systemIdentifier}`
  const around = [
    ...(pooler == null ? [] : ['its pooler']),
    ...standbys.map((_, index) => `standby ${index + 1}`),
    ...subscribers.map((_, index) => `subscriber ${index + 1}`),
  ]
  const wasWatched = steps.some(({ kind, state }) => kind === 'watch-structure' && state === 'done')
  return [
    ...(around.length === 0
      ? []
      : [
          `the plan names ${around.join(', ')}: if these are those of ${original}, commands here pause, read or change what serves the original; give the copy a plan with its own, or without`,
        ]),
    `${original} keeps its own journal and run: nothing here changes it, and what is done there is not done here`,
    ...(isOpen
      ? ['uses of old names are counted from now on: the quiet period of contract begins anew']
      : []),
    ...(isOpen && !counts(now.context) ? ['nothing counts uses of old names here'] : []),
    ...(wasWatched && isOpen && (await readStructureWatch(session)) === null
      ? ['changes of structure by others are not noted here: the event triggers were not copied']
      : []),
    ...(server.systemIdentifier === run.systemIdentifier
      ? []
      : [
          'roles, settings of roles, replication slots and subscriptions are those of this server, not of the original',
        ]),
    'backups that were taken of the original are backups of the original',
    'tables are compared from now on with what they are here, not with what they were before the run',
  ]
}
