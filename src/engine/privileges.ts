import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStream } from '../events/stream.ts'
import { readPrivilegeChanges } from '../journal/privileges.ts'
import type { QualifiedName } from '../pg/quoting.ts'
import { isRetryable, sqlstate, stateOf } from '../pg/sqlstate.ts'
import { newName, oldName } from '../steps/names.ts'
import { settlePrivileges, standInsOf, wrapperOf } from '../steps/privileges.ts'
import type { Facts } from '../survey/facts.ts'
import { envelope, lockBudget } from './envelope.ts'
import type { Workspace } from './workspace.ts'

/** Ends the warning about a grant that was none. */
const takenBack = 'and is taken back'

/**
 * Carries over what somebody has granted, revoked or given away by one of two names, before anything else of a command
 * that changes something. What cannot be carried over is told, and stays a change that status shows.
 */
export async function carryPrivileges(
  workspace: Workspace,
  facts: Facts,
  fence: string,
  events: EventStream,
): Promise<void> {
  const { plan, session } = workspace
  const standIns = [...facts.tables.flatMap(standInsOf), ...facts.routines.flatMap(wrapperOf)]
  const changes = (await readPrivilegeChanges(session, plan.name, facts)).filter(({ isNew }) => isNew)
  if (standIns.length === 0) return
  // A change of owner locks what gets another one; a grant locks nothing.
  const given = new Set(changes.filter(({ isOwner }) => isOwner).map(({ object }) => object))
  const locked = facts.tables
    .filter(({ relation }) => given.has(relation))
    .flatMap((table) => (table.location.stand === 'expanded' ? newName(table) : oldName(table)))
  const told = (text: string): void => events.emit({ type: 'notice', level: 'warning', text })
  const stopListening = session.onNotice((message) => {
    if (message.endsWith(takenBack)) told(message)
  })
  const error = await settle(workspace, settlePrivileges(plan.name, standIns), locked, fence)
  stopListening()
  if (error !== undefined) told(`privileges could not be carried over yet: ${error}`)
  const left = await readPrivilegeChanges(session, plan.name, facts)
  for (const { change } of changes.filter((one) => !left.some((other) => other.change === one.change)))
    told(`somebody has said "${change}": it is so by the other name too now`)
  for (const { change } of left)
    told(`somebody has said "${change}": that could not be done by the other name`)
}

/** Tries for as long as a lock may be tried for. @returns why it could not be done, if so */
async function settle(
  { plan, session, server }: Workspace,
  statements: readonly string[],
  lockFirst: readonly QualifiedName[],
  fence: string,
): Promise<string | undefined> {
  const { stallBudgetMs, lockRetryMs } = plan.defaults
  const lockTimeoutMs = Math.min(50, lockBudget(stallBudgetMs, lockFirst.length))
  // LOCK TABLE on a view asks for rights of its owner on the table, who may have none by now.
  const text = envelope({ before: [], lockFirst, locksAlone: true, statements }, [fence], {
    lockTimeoutMs,
    budgetMs: stallBudgetMs,
    server,
  })
  for (const began = performance.now(); ;) {
    try {
      await session.script(text)
      return undefined
    } catch (error) {
      await session.script('rollback').catch(() => undefined)
      const isHeld = isRetryable(error)
      if (!isHeld && stateOf(error) !== sqlstate.insufficientPrivilege) throw error
      if (!isHeld || performance.now() - began > lockRetryMs) return (error as Error).message
      await sleep(lockTimeoutMs * (1 + Math.random()))
    }
  }
}
