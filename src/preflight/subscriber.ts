import { markOf } from '../catalog/names.ts'
import { isMigrateError } from '../errors/migrate-error.ts'
import { ident, qualified } from '../pg/quoting.ts'
import { describeTarget } from '../pg/target.ts'
import { newName, oldName } from '../steps/names.ts'
import { Subscriber, type Subscription } from '../subscriber/subscriber.ts'
import type { Draft, PreflightContext, Rule } from './rule.ts'

/** Rules about the logical subscribers that the plan names. */
export const subscriberRules: readonly Rule[] = [
  {
    id: 'subscriber-unreachable',
    code: 'PF-7',
    severity: 'error',
    waivable: false,
    phases: ['expand', 'switch', 'contract'],
    check: (context) => every(context, ({ unreachable }) => unreachable),
  },
  {
    id: 'subscriber-foreign',
    code: 'PF-7',
    severity: 'error',
    waivable: false,
    phases: ['expand', 'switch', 'contract'],
    check: (context) => every(context, ({ foreign }) => foreign),
  },
  {
    id: 'subscriber-stopped',
    code: 'PF-7',
    severity: 'error',
    waivable: false,
    phases: ['switch'],
    check: (context) => every(context, ({ stopped }) => stopped),
  },
  {
    id: 'subscriber-name-taken',
    code: 'PF-7',
    severity: 'error',
    waivable: false,
    phases: ['expand', 'switch'],
    check: (context) => every(context, ({ taken }) => taken),
  },
  {
    id: 'subscriber-rights',
    code: 'PF-12',
    severity: 'error',
    waivable: false,
    phases: ['expand', 'switch', 'contract'],
    check: (context) => every(context, ({ rights }) => rights),
  },
]

/** What one look at a subscriber found. */
interface Look {
  /** Slots of this database whose subscribers are known. */
  readonly slots: readonly string[]
  readonly unreachable: readonly Draft[]
  readonly foreign: readonly Draft[]
  readonly stopped: readonly Draft[]
  readonly taken: readonly Draft[]
  readonly rights: readonly Draft[]
}

const nothing: Look = { slots: [], unreachable: [], foreign: [], stopped: [], taken: [], rights: [] }

/** One look at each subscriber serves all rules of one preflight. */
const looks = new WeakMap<PreflightContext, Promise<Look[]>>()

/** Logical slots whose subscribers the plan names, so that the tables are moved there too. */
export async function knownSlots(context: PreflightContext): Promise<Set<string>> {
  return new Set((await lookAtAll(context)).flatMap(({ slots }) => slots))
}

async function every(context: PreflightContext, pick: (look: Look) => readonly Draft[]): Promise<Draft[]> {
  return (await lookAtAll(context)).flatMap(pick)
}

function lookAtAll(context: PreflightContext): Promise<Look[]> {
  const urls = context.plan.databases[context.session.target.alias]!.subscribers
  const found = looks.get(context) ?? Promise.all(urls.map((url) => look(context, url)))
  looks.set(context, found)
  return found
}

async function look(context: PreflightContext, url: string): Promise<Look> {
  try {
    await using subscriber = await Subscriber.open(url, `${context.plan.name}/preflight`)
    const ours = new Set(context.facts.replication.logicalSlots.map(({ name }) => name))
    const all = await subscriber.subscriptions()
    const subscriptions = all.filter(({ slot }) => slot !== null && ours.has(slot))
    if (subscriptions.length === 0) return { ...nothing, foreign: [notOurs(subscriber, all)] }
    return {
      ...nothing,
      slots: subscriptions.flatMap(({ slot }) => slot ?? []),
      // Once tables have moved here a worker stops until they have moved there.
      stopped: context.tables.some(({ live, source }) => live.schema !== source)
        ? []
        : stopped(subscriber, subscriptions),
      ...(await tables(context, subscriber, subscriptions)),
    }
  } catch (error) {
    if (!isMigrateError(error)) throw error
    const on = describeTarget({ alias: 'subscriber', url })
    const text = `the subscriber cannot be reached, so that its tables could not follow: ${error.message}`
    return {
      ...nothing,
      unreachable: [
        { on, text, remedy: 'correct its connection string in "subscribers", or make it reachable' },
      ],
    }
  }
}

function notOurs({ where }: Subscriber, all: readonly Subscription[]): Draft {
  return {
    on: where,
    text: `none of its subscriptions (${all.map(({ name }) => name).join(', ') || 'it has none'}) has a slot of this database`,
    remedy: 'correct or remove it in "subscribers" of the plan; this does not make it another plan',
  }
}

function stopped({ where }: Subscriber, subscriptions: readonly Subscription[]): Draft[] {
  return subscriptions.flatMap(({ name, isEnabled, isRunning, endsAtError }): Draft[] => {
    const lost = 'what is written by the old names now could not be applied after the switch'
    if (!isEnabled)
      return [
        {
          on: where,
          text: `subscription ${name} is disabled: ${lost}`,
          remedy: `alter subscription ${ident(name)} enable`,
        },
      ]
    if (endsAtError)
      return [
        {
          on: where,
          text: `subscription ${name} is disabled by its first error (disable_on_error), and its worker stops at a new name until the table has it`,
          remedy: `alter subscription ${ident(name)} set (disable_on_error = false)`,
        },
      ]
    if (isRunning) return []
    return [
      {
        on: where,
        text: `subscription ${name} has no apply worker running: ${lost}`,
        remedy: 'look into its log, and let it catch up',
      },
    ]
  })
}

async function tables(
  context: PreflightContext,
  subscriber: Subscriber,
  subscriptions: readonly Subscription[],
): Promise<Pick<Look, 'taken' | 'rights'>> {
  const slots = subscriptions.flatMap(({ slot }) => slot ?? [])
  const found = await subscriber.tables(context.tables, markOf(context.plan.name), slots)
  const closed = await subscriber.closed([
    ...new Set(found.flatMap(({ source, target }) => [source, target])),
  ])
  const { where } = subscriber
  return {
    taken: found
      .filter(({ stand, isReady, isShared }) => stand === 'taken' || !isReady || isShared)
      .map((table) =>
        table.stand === 'taken'
          ? {
              on: where,
              text: `${qualified(newName(table))} exists there beside ${qualified(oldName(table))}: after the switch rows would go into it, or vanish without an error`,
              remedy: `rename or drop ${qualified(newName(table))} on the subscriber`,
            }
          : {
              on: where,
              text: table.isShared
                ? `another subscription writes into ${qualified(oldName(table))}, too, and would go on under the old name`
                : `the first copy of ${qualified(oldName(table))} is not done yet`,
              remedy: table.isShared ? 'take the table out of one of them' : 'wait for it',
            },
      ),
    rights: [
      ...found
        .filter(({ isMine }) => !isMine)
        .map((table) => ({
          on: where,
          text: `the runner may not move ${qualified(oldName(table))} there: it is not a member of its owner`,
          remedy: 'name a role that is in the connection string',
        })),
      ...closed.map((schema) => ({
        on: where,
        text: `the runner may not create in schema ${ident(schema)} there`,
        remedy: `grant it CREATE on the schema, or on the database if there is none yet`,
      })),
    ],
  }
}
