import { MigrateError } from '../errors/migrate-error.ts'
import { qualified } from '../pg/quoting.ts'
import type { SubscriberAction } from '../steps/action.ts'
import { oldName } from '../steps/names.ts'
import { dropOldName, dropSchema, makeOldName } from '../subscriber/relocate.ts'
import { Subscriber } from '../subscriber/subscriber.ts'
import {
  keepsOldName,
  keyOf,
  settle,
  runningAgain,
  slotsOf,
  subscribed,
  transaction,
  type Place,
} from './subscriber-settling.ts'
import type { Work } from './work.ts'

/**
 * Moves the tables on subscribers as they were moved on the publisher, always after it. A change carries the name that
 * its table had when it was made, and a worker that does not find that name stops and tries again: nothing is lost,
 * and it goes on once the table has the name (manual, chapter 31; measured on 15).
 * @throws MigrateError `connection-failed`, `subscriber-stuck`, `lock-timeout`
 */
export async function performSubscribers(work: Work, action: SubscriberAction): Promise<void> {
  const tables = (await work.refresh()).tables.filter(({ relation }) => action.relations.includes(relation))
  const byName = new Map(tables.map((table) => [keyOf(table), table]))
  for (const url of work.plan.databases[work.target.alias]!.subscribers) {
    await using subscriber = await Subscriber.open(url, `${work.plan.name}/subscriber`)
    // Each subscription has its own place in the changes.
    for (const slot of await slotsOf(work, subscriber))
      await modes[action.mode]({ work, subscriber, slot, tables, byName })
  }
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
  const subscription = await runningAgain(place)
  const unfit = (await subscribed(place)).filter(
    ({ stand, isReady, isShared }) => stand === 'taken' || !isReady || isShared,
  )
  const stopped =
    subscription === undefined || !subscription.isRunning || subscription.endsAtError ? [place.slot] : []
  if (stopped.length + unfit.length === 0) return
  throw new MigrateError(
    'preflight-refused',
    `subscriber ${subscriber.where} is not ready for the switch any more`,
    {
      detail: [
        ...stopped.map(
          (slot) => `the subscription with slot ${slot} is not running, or is disabled by its first error`,
        ),
        ...unfit.map((table) =>
          table.stand === 'taken'
            ? `${qualified({ schema: table.target, name: table.name })} exists there: rows would vanish into it`
            : `${qualified(oldName(table))} is ${table.isShared ? 'written by another subscription, too' : 'still being copied'}`,
        ),
      ],
      state: { kind: 'resumable', sentence: 'no table of this phase has moved' },
      next: ['put it right there, then run the same command again'],
    },
  )
}

async function follow(place: Place): Promise<void> {
  await settle(place, 'there')
}

async function back(place: Place): Promise<void> {
  await settle(place, 'here')
  const schemas = [...new Set(place.tables.map(({ target }) => target))]
  await transaction(
    place,
    schemas.map((schema) => dropSchema(schema, place.work.plan.name)),
  )
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
