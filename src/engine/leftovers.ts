import type { EventStream } from '../events/stream.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { givePrivileges, openScreams, type OpenScream } from '../journal/screams.ts'
import type { ServerFacts } from '../pg/server.ts'
import type { Session } from '../pg/session.ts'
import { sqlstate, stateOf } from '../pg/sqlstate.ts'
import type { Workspace } from './workspace.ts'

/**
 * Gives back what a scream has taken whose runner is gone. Any command does so before anything else, and tells it; one
 * whose role may not is told that it is still to be done.
 */
export async function giveBackLeftovers(
  session: Session,
  server: ServerFacts,
  events: EventStream,
): Promise<void> {
  const open = await openScreams(session, server).catch((error: unknown) => {
    // Who may not read the journal is told so by what reads it next.
    if (stateOf(error) === sqlstate.insufficientPrivilege) return []
    throw error
  })
  for (const scream of open) {
    await giveBack(session, scream, events).catch((error: unknown) => {
      const text = `the privileges on ${scream.name}, taken by a scream whose runner is gone, could not be given back: ${(error as Error).message}`
      events.emit({ type: 'notice', level: 'warning', text })
    })
  }
}

/**
 * The same for a holder of the lease, who must not go on while privileges are missing.
 * @throws MigrateError `privileges-missing`
 */
export async function giveBackOwn({ session, server, plan }: Workspace, events: EventStream): Promise<void> {
  for (const scream of await openScreams(session, server, plan.name)) {
    if (scream.plan !== plan.name) continue
    await giveBack(session, scream, events).catch((error: unknown) => {
      throw privilegesMissing([scream.name], error)
    })
  }
}

export function privilegesMissing(names: readonly string[], cause: unknown): MigrateError {
  return new MigrateError(
    'privileges-missing',
    `the privileges on ${names.join(', ')} could not be given back`,
    {
      detail: [cause instanceof Error ? cause.message : String(cause)],
      state: {
        kind: 'resumable',
        sentence: 'what was taken is noted in migrate.screams; any command of the tool tries again first',
      },
      next: ['migrate status        gives them back first, as a role that may'],
      cause,
    },
  )
}

async function giveBack(
  session: Session,
  { id, name, isTaken }: OpenScream,
  events: EventStream,
): Promise<void> {
  const remark = await givePrivileges(session, id, 'recovery')
  if (!isTaken) return
  const text = `gave back the privileges on ${name}, which a scream had taken whose runner is gone`
  events.emit({ type: 'notice', level: 'warning', text })
  if (remark !== undefined) events.emit({ type: 'notice', level: 'warning', text: `${name}: ${remark}` })
}
