import { qualified } from '../pg/quoting.ts'
import { awaitReplay, cancelledByLocks, type Replay } from '../standby/replay.ts'
import { openStandbys, type Standby } from '../standby/standby.ts'
import type { TransactionAction } from '../steps/action.ts'
import type { Work } from './work.ts'

/** Longer than replay waits for queries by default would keep the runner; what is late then is told as late. */
const replayLimitMs = 10_000

/** The standbys' part in one transaction: before each attempt, and after it succeeded. */
export interface StandbyWatch extends AsyncDisposable {
  /** Who there would be cancelled, or would hold up the other readers of the tables, were it replayed now. */
  holders(): Promise<string[]>
  /** Waits for the replay and tells what it did. */
  settle(): Promise<void>
}

const noStandbys: StandbyWatch = {
  holders: () => Promise.resolve([]),
  settle: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

/**
 * Watches the plan’s standbys while tables are locked on the primary. Replay takes the same locks there: it waits for
 * queries that hold a table, everyone else waits behind it, and after max_standby_streaming_delay the queries are
 * cancelled (manual, chapter 27.4.2). So a transaction there that is older than the stall budget is waited for like a
 * blocker on the primary. A standby whose `standby-reader` is waived is not waited for.
 */
export async function watchStandbys(work: Work, action: TransactionAction): Promise<StandbyWatch> {
  const urls = work.plan.databases[work.target.alias]!.standbys
  if (urls.length === 0 || action.lock !== 'ACCESS EXCLUSIVE') return noStandbys
  const opened = await openStandbys(urls, `${work.plan.name}/watch`)
  const before = await Promise.all(opened.standbys.map(cancelledByLocks))
  const awaited = opened.standbys.filter(({ where }) => !isWaived(work, where))
  return {
    holders: () => holders(work, action, awaited),
    async settle() {
      await Promise.all(
        opened.standbys.map(async (standby, index) => {
          const replay = await awaitReplay(work.session, standby, before[index]!, replayLimitMs).catch(
            () => undefined,
          )
          work.events.emit({ type: 'notice', ...told(standby.where, replay) })
        }),
      )
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  }
}

function told(where: string, replay: Replay | undefined): { level: 'info' | 'warning'; text: string } {
  if (replay === undefined)
    return { level: 'warning', text: `standby ${where}: lost while it was waited for` }
  const { ms, cancelled } = replay
  const when =
    ms === undefined ? `not replayed within ${replayLimitMs / 1000} s` : `replayed after ${Math.round(ms)} ms`
  return {
    level: ms === undefined || cancelled > 0 ? 'warning' : 'info',
    text: `standby ${where}: ${when}, ${cancelled} queries cancelled there`,
  }
}

function isWaived({ plan }: Work, where: string): boolean {
  return plan.allow.some(({ rule, on }) => rule === 'standby-reader' && on === where)
}

async function holders(
  work: Work,
  action: TransactionAction,
  standbys: readonly Standby[],
): Promise<string[]> {
  const rows = await work.session.query<{ oid: number }>(
    'select to_regclass(n)::oid as oid from unnest($1::text[]) n where to_regclass(n) is not null',
    [action.lockedRelations.map(qualified)],
  )
  const oids = rows.map(({ oid }) => oid)
  const { stallBudgetMs } = work.plan.defaults
  const found = await Promise.all(
    standbys.map(async (standby) => {
      // One that is lost in the middle is not passed over: its queries are as good as before.
      const there = await standby.holders(oids, stallBudgetMs).catch(() => undefined)
      if (there === undefined) return [`standby ${standby.where}: cannot be looked at any more`]
      return there.map((holder) => standby.describe(holder))
    }),
  )
  return found.flat().slice(0, 8)
}
