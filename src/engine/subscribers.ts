import { setTimeout as sleep } from 'node:timers/promises'
import { markOf } from '../catalog/names.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { qualified } from '../pg/quoting.ts'
import { isRetryable, stateOf } from '../pg/sqlstate.ts'
import type { SubscriberAction } from '../steps/action.ts'
import { oldName } from '../steps/names.ts'
import { comeBack, dropOldName, dropSchema, goThere, makeOldName } from '../subscriber/relocate.ts'
import { Subscriber, type SubscribedTable } from '../subscriber/subscriber.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Work } from './work.ts'

/** An apply worker that has failed is started again after wal_retrieve_retry_interval, 5 s by default. */
const patienceMs = 60_000
const pollMs = 50
const lockTimeoutMs = 2_000

/**
 * Moves the tables on subscribers as they were moved on the publisher, always after it. A change carries the name that
 * its table had when it was made, and a worker that does not find that name stops and tries again: nothing is lost,
 * and it goes on once the table has the name (manual, chapter 31; measured on 14 to 18).
 * @throws MigrateError `connection-failed`, `subscriber-stuck`, `lock-timeout`
 */
export async function performSubscribers(work: Work, action: SubscriberAction): Promise<void> {
  const tables = (await work.refresh()).tables.filter(({ relation }) => action.relations.includes(relation))
  for (const url of work.plan.databases[work.target.alias]!.subscribers) {
    await using subscriber = await Subscriber.open(url, `${work.plan.name}/subscriber`)
    const place: Place = {
      work,
      subscriber,
      tables,
      byName: new Map(tables.map((table) => [keyOf(table), table])),
    }
    await modes[action.mode](place)
  }
}

interface Place {
  readonly work: Work
  readonly subscriber: Subscriber
  readonly tables: readonly TableFacts[]
  readonly byName: ReadonlyMap<string, TableFacts>
}

const modes: Record<SubscriberAction['mode'], (place: Place) => Promise<void>> = {
  ready,
  follow,
  back,
  contract,
  recreate,
}

/** Right before the tables move: is every subscription still following, and every new name still free? */
async function ready(place: Place): Promise<void> {
  const { subscriber } = place
  const stopped = (await subscriptionsOf(place)).filter(
    ({ isEnabled, isRunning }) => !isEnabled || !isRunning,
  )
  const taken = (await subscribed(place)).filter(({ stand, isReady }) => stand === 'taken' || !isReady)
  if (stopped.length + taken.length === 0) return
  throw new MigrateError(
    'preflight-refused',
    `subscriber ${subscriber.where} is not ready for the switch any more`,
    {
      detail: [
        ...stopped.map(({ name }) => `subscription ${name} is not running`),
        ...taken.map((table) =>
          table.stand === 'taken'
            ? `${qualified({ schema: table.target, name: table.name })} exists there: rows would vanish into it`
            : `${qualified(oldName(table))} is still being copied`,
        ),
      ],
      state: { kind: 'resumable', sentence: 'no table of this phase has moved' },
      next: ['put it right there, then run the same command again'],
    },
  )
}

async function follow(place: Place): Promise<void> {
  const here = (await subscribed(place)).filter(({ stand }) => stand === 'here')
  const lsn = await position(place)
  if (here.length > 0) {
    await awaitOldChanges(place, lsn)
    await transaction(
      place,
      here.flatMap((table) => goThere(table, place.work.plan.name, keepsOldName(place, table))),
    )
  }
  await seeItGoOn(place, here.length, async () => {
    await transaction(
      place,
      here.flatMap((table) => comeBack(table, keepsOldName(place, table))),
    )
  })
}

async function back(place: Place): Promise<void> {
  const there = (await subscribed(place)).filter(({ stand }) => stand === 'there')
  const lsn = await position(place)
  if (there.length > 0) {
    await awaitOldChanges(place, lsn)
    await transaction(
      place,
      there.flatMap((table) => comeBack(table, table.hasView)),
    )
  }
  await transaction(
    place,
    [...new Set(place.tables.map(({ target }) => target))].map((schema) =>
      dropSchema(schema, place.work.plan.name),
    ),
  )
  await seeItGoOn(place, there.length, async () => {
    await transaction(
      place,
      there.flatMap((table) => goThere(table, place.work.plan.name, table.hasView)),
    )
  })
}

async function contract(place: Place): Promise<void> {
  const old = (await subscribed(place)).filter(({ hasView }) => hasView)
  await transaction(place, old.map(dropOldName))
}

async function recreate(place: Place): Promise<void> {
  const bare = (await subscribed(place)).filter(
    (table) => table.stand === 'there' && !table.hasView && !table.isOldTaken && keepsOldName(place, table),
  )
  await transaction(
    place,
    bare.map((table) => makeOldName(table, place.work.plan.name)),
  )
}

/**
 * What was written by the names of before must have arrived before the tables of a transaction go. A worker that has stopped has met a
 * change by the new names, and changes arrive in the order of their commits: so everything before it has arrived.
 */
async function awaitOldChanges(place: Place, lsn: string): Promise<void> {
  for (const began = performance.now(); performance.now() - began < patienceMs; await sleep(pollMs)) {
    place.work.throwIfStopped(`subscriber ${place.subscriber.where} has caught up`)
    if (await hasConfirmed(place, lsn)) return
    if ((await subscriptionsOf(place)).some(({ isRunning }) => !isRunning)) return
  }
  throw stuck(place, 'it has not taken over what was written before the tables moved')
}

async function seeItGoOn(place: Place, moved: number, undo: () => Promise<void>): Promise<void> {
  const lsn = await position(place)
  const began = performance.now()
  for (; performance.now() - began < patienceMs; await sleep(pollMs)) {
    if (await hasConfirmed(place, lsn)) {
      const ms = Math.round(performance.now() - began)
      place.work.events.emit({
        type: 'notice',
        level: 'info',
        text: `subscriber ${place.subscriber.where}: ${moved} tables moved, replication goes on after ${ms} ms`,
      })
      return
    }
    place.work.throwIfStopped(`subscriber ${place.subscriber.where} goes on`)
  }
  // Perhaps it had stopped for another reason, with changes by the names of before still to come.
  if (moved > 0) await undo()
  throw stuck(place, 'its subscription does not go on')
}

function stuck({ subscriber }: Place, what: string): MigrateError {
  return new MigrateError('subscriber-stuck', `subscriber ${subscriber.where}: ${what}`, {
    state: {
      kind: 'resumable',
      sentence:
        'the tables have moved on the publisher and not there; the slot keeps what is not taken over yet, so that nothing is lost',
    },
    next: [
      'look into the log of the subscriber for what its apply worker cannot do',
      'then run the same command again',
    ],
  })
}

/** Subscriptions of that database to the plan's. */
async function subscriptionsOf({ work, subscriber }: Place): ReturnType<Subscriber['subscriptions']> {
  const slots = await work.session.query<{ name: string }>(
    `select slot_name as name from pg_replication_slots where slot_type = 'logical' and database = current_database()`,
  )
  return (await subscriber.subscriptions()).filter(({ slot }) => slots.some(({ name }) => name === slot))
}

function subscribed({ work, subscriber, tables }: Place): Promise<SubscribedTable[]> {
  return subscriber.tables(tables, markOf(work.plan.name))
}

function keepsOldName({ byName }: Place, table: SubscribedTable): boolean {
  const compat = byName.get(keyOf(table))?.compat
  return compat !== 'none' && compat !== 'search-path'
}

function keyOf({ source, name }: { readonly source: string; readonly name: string }): string {
  return JSON.stringify([source, name])
}

async function position({ work }: Place): Promise<string> {
  return (await work.session.one<{ lsn: string }>('select pg_current_wal_insert_lsn()::text as lsn')).lsn
}

async function hasConfirmed(place: Place, lsn: string): Promise<boolean> {
  const slots = (await subscriptionsOf(place)).map(({ slot }) => slot)
  const { is } = await place.work.session.one<{ is: boolean }>(
    `select coalesce(bool_and(confirmed_flush_lsn >= $2::pg_lsn), true) as is from pg_replication_slots where slot_name = any($1::text[])`,
    [slots, lsn],
  )
  return is
}

async function transaction({ subscriber, work }: Place, statements: readonly string[]): Promise<void> {
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
      sentence:
        'nothing was changed there; the slot keeps what is not taken over yet, so that nothing is lost',
    },
    next: ['remove the cause, then run the same command again', 'or go back: migrate rollback'],
    cause: error,
  })
}
