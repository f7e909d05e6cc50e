import { setTimeout as sleep } from 'node:timers/promises'
import { markOf } from '../catalog/names.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { isRetryable, stateOf } from '../pg/sqlstate.ts'
import { comeBack, goThere } from '../subscriber/relocate.ts'
import type { SubscribedTable, Subscriber, Subscription } from '../subscriber/subscriber.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Work } from './work.ts'

/** An apply worker that has failed is started again after wal_retrieve_retry_interval, 5 s by default. */
const patienceMs = 60_000
const pollMs = 50
const restartMs = 30_000
/** A worker that stops for another reason than a name is not helped by moving tables. */
const fruitlessMoves = 3
const lockTimeoutMs = 2_000

/** The tables of one transaction in one subscription. */
export interface Place {
  readonly work: Work
  readonly subscriber: Subscriber
  /** Of the subscription, on the publisher. */
  readonly slot: string
  readonly tables: readonly TableFacts[]
  readonly byName: ReadonlyMap<string, TableFacts>
}

type Side = 'here' | 'there'

/**
 * Brings the tables of one transaction to the side where they are on the publisher, with all that is on the way.
 *
 * Changes come in the order of their commits and carry the names of their time. So a table goes once everything before
 * the move has been confirmed, or once the worker has stopped, which means that it has met a change by the other name.
 * After a move that was taken back before it was followed there are changes by both names, one after the other: each
 * time the worker stops the tables go to the other side, until all is confirmed.
 */
export async function settle(place: Place, side: Side): Promise<void> {
  const began = performance.now()
  let moves = 0
  let fruitless = 0
  let reached = await confirmed(place)
  for (let lsn = await position(place); ;) {
    const outcome = await awaitWorker(place, lsn)
    const all = await subscribed(place)
    const away = all.filter(({ stand }) => stand !== side)
    if (outcome === 'confirmed' && away.length === 0) break
    const now = await confirmed(place)
    fruitless = now === reached ? fruitless + 1 : 0
    reached = now
    if (outcome === 'late' || fruitless > fruitlessMoves || all.some(({ stand }) => stand === 'taken'))
      throw stuck(place)
    await move(place, away.length > 0 ? side : other(side))
    moves += 1
    if (outcome === 'confirmed') lsn = await position(place)
    else await runningAgain(place)
  }
  const ms = Math.round(performance.now() - began)
  const text = `subscriber ${place.subscriber.where}: ${moves === 0 ? 'nothing to move' : 'tables moved'}, replication goes on after ${ms} ms`
  place.work.events.emit({ type: 'notice', level: 'info', text })
}

function other(side: Side): Side {
  return side === 'here' ? 'there' : 'here'
}

async function move(place: Place, side: Side): Promise<void> {
  const { name } = place.work.plan
  const going = (await subscribed(place)).filter(({ stand }) => stand === other(side))
  await transaction(
    place,
    going.flatMap((table) =>
      side === 'there' ? goThere(table, name, keepsOldName(place, table)) : comeBack(table, table.hasView),
    ),
  )
}

/** Until everything up to that position is confirmed, or the worker has stopped; late when nothing moves any more. */
async function awaitWorker(place: Place, lsn: string): Promise<'confirmed' | 'stopped' | 'late'> {
  let reached = await confirmed(place)
  for (let since = performance.now(); performance.now() - since < patienceMs; await sleep(pollMs)) {
    place.work.throwIfStopped(`subscriber ${place.subscriber.where} goes on`)
    if (await hasConfirmed(place, lsn)) return 'confirmed'
    const subscription = await subscriptionOf(place)
    if (subscription?.isEnabled !== true) throw stuck(place)
    if (!subscription.isRunning) return 'stopped'
    const now = await confirmed(place)
    if (now !== reached) since = performance.now()
    reached = now
  }
  return 'late'
}

/** A worker that has stopped is started again after a while; what it is then, or when that takes too long. */
export async function runningAgain(place: Place): Promise<Subscription | undefined> {
  for (const began = performance.now(); ; await sleep(pollMs)) {
    place.work.throwIfStopped(`subscriber ${place.subscriber.where} goes on`)
    const subscription = await subscriptionOf(place)
    if (subscription?.isRunning !== false || !subscription.isEnabled) return subscription
    if (performance.now() - began > restartMs) return subscription
  }
}

function stuck({ subscriber }: Place): MigrateError {
  return new MigrateError(
    'subscriber-stuck',
    `subscriber ${subscriber.where}: its subscription does not go on`,
    {
      state: {
        kind: 'resumable',
        sentence:
          'the tables have moved on the publisher; the slot keeps what the subscriber has not taken over yet, so that nothing is lost',
      },
      next: [
        'look into the log of the subscriber for what its apply worker cannot do',
        'then run the same command again',
      ],
    },
  )
}

/** The slots of this database that subscriptions there have. */
export async function slotsOf({ session }: Work, subscriber: Subscriber): Promise<string[]> {
  const slots = await session.query<{ name: string }>(
    `select slot_name as name from pg_replication_slots where slot_type = 'logical' and database = current_database()`,
  )
  const theirs = (await subscriber.subscriptions()).map(({ slot }) => slot)
  return slots.map(({ name }) => name).filter((name) => theirs.includes(name))
}

async function subscriptionOf({ subscriber, slot }: Place): Promise<Subscription | undefined> {
  return (await subscriber.subscriptions()).find((subscription) => subscription.slot === slot)
}

export function subscribed({ work, subscriber, slot, tables }: Place): Promise<SubscribedTable[]> {
  return subscriber.tables(tables, markOf(work.plan.name), [slot])
}

export function keepsOldName({ byName }: Place, table: SubscribedTable): boolean {
  const compat = byName.get(keyOf(table))?.compat
  return compat !== 'none' && compat !== 'search-path'
}

export function keyOf({ source, name }: { readonly source: string; readonly name: string }): string {
  return JSON.stringify([source, name])
}

/** What is flushed, since an idle server may have begun a page that nothing is on yet. */
async function position({ work }: Place): Promise<string> {
  return (await work.session.one<{ lsn: string }>('select pg_current_wal_flush_lsn()::text as lsn')).lsn
}

async function confirmed({ work, slot }: Place): Promise<string | null> {
  const [row] = await work.session.query<{ lsn: string | null }>(
    'select confirmed_flush_lsn::text as lsn from pg_replication_slots where slot_name = $1',
    [slot],
  )
  return row?.lsn ?? null
}

async function hasConfirmed({ work, slot }: Place, lsn: string): Promise<boolean> {
  const { is } = await work.session.one<{ is: boolean }>(
    `select coalesce(bool_and(confirmed_flush_lsn >= $2::pg_lsn), true) as is from pg_replication_slots where slot_name = $1`,
    [slot, lsn],
  )
  return is
}

export async function transaction({ subscriber, work }: Place, statements: readonly string[]): Promise<void> {
  if (statements.length === 0) return
  const text = ['begin', `set local lock_timeout = ${lockTimeoutMs}`, ...statements, 'commit'].join(';\n')
  for (const began = performance.now(); ; await sleep(pollMs)) {
    try {
      await subscriber.session.script(text)
      return
    } catch (error) {
      await subscriber.session.script('rollback').catch(() => undefined)
      if (!isRetryable(error) || performance.now() - began > work.plan.defaults.lockRetryMs)
        throw refused(subscriber, error)
      work.throwIfStopped(`subscriber ${subscriber.where}`)
    }
  }
}

function refused({ where }: Subscriber, error: unknown): MigrateError {
  return new MigrateError('statement-failed', `subscriber ${where}: ${(error as Error).message}`, {
    detail: [`SQLSTATE ${stateOf(error) ?? 'none'}`],
    state: {
      kind: 'resumable',
      sentence: 'the slot keeps what is not taken over there yet, so that nothing is lost',
    },
    next: ['remove the cause, then run the same command again', 'or go back: migrate rollback'],
    cause: error,
  })
}
