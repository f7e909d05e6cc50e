import { isMigrateError } from '../errors/migrate-error.ts'
import { describeTarget } from '../pg/target.ts'
import { Standby } from '../standby/standby.ts'
import type { Draft, PreflightContext, Rule } from './rule.ts'

const behindMs = 10_000

/** Rules about the standbys that the plan names. */
export const standbyRules: readonly Rule[] = [
  {
    id: 'standby-unreachable',
    code: 'PF-15',
    severity: 'error',
    waivable: true,
    phases: ['switch', 'contract'],
    check: (context) => every(context, ({ failure }) => failure),
  },
  {
    id: 'standby-foreign',
    code: 'PF-15',
    severity: 'error',
    waivable: false,
    phases: ['switch', 'contract'],
    check: (context) => every(context, ({ foreign }) => foreign),
  },
  {
    id: 'standby-behind',
    code: 'PF-15',
    severity: 'warning',
    waivable: true,
    phases: ['switch', 'contract'],
    check: (context) => every(context, ({ behind }) => behind),
  },
  {
    id: 'standby-reader',
    code: 'PF-15',
    severity: 'error',
    waivable: true,
    phases: ['switch', 'contract'],
    check: (context) => every(context, ({ reader }) => reader),
  },
]

/** What one look at a standby found. */
interface Look {
  readonly failure?: Draft
  readonly foreign?: Draft
  readonly behind?: Draft
  readonly reader?: Draft
}

/** One look at each standby serves all rules of one preflight. */
const looks = new WeakMap<PreflightContext, Promise<Look[]>>()

async function every(context: PreflightContext, pick: (look: Look) => Draft | undefined): Promise<Draft[]> {
  let found = looks.get(context)
  if (found === undefined) {
    const urls = context.plan.databases[context.session.target.alias]!.standbys
    found = Promise.all(urls.map((url) => look(context, url)))
    looks.set(context, found)
  }
  return (await found).flatMap((one) => pick(one) ?? [])
}

async function look(context: PreflightContext, url: string): Promise<Look> {
  try {
    await using standby = await Standby.open(url, `${context.plan.name}/preflight`)
    return (
      (await notOurs(context, standby)) ?? {
        ...(await behind(standby)),
        ...(await reader(context, standby)),
      }
    )
  } catch (error) {
    if (!isMigrateError(error)) throw error
    const on = describeTarget({ alias: 'standby', url })
    return {
      failure: {
        on,
        text: `the standby cannot be looked at, so that its queries may be cancelled unseen: ${error.message}`,
        remedy: 'correct its connection string, or waive it: the switch then goes on without looking there',
      },
    }
  }
}

async function notOurs({ session }: PreflightContext, standby: Standby): Promise<Look | undefined> {
  const there = await standby.server()
  const here = await session.one<{ system: string; oid: number }>(
    `select (select system_identifier::text from pg_control_system()) as system,
            (select oid from pg_database where datname = current_database()) as oid`,
  )
  const isOurs = there.systemIdentifier === here.system && there.databaseOid === here.oid
  if (isOurs && there.inRecovery) return undefined
  const what = isOurs
    ? 'it takes writes: it is the primary itself, or was promoted'
    : 'it is a copy of another database'
  return {
    foreign: {
      on: standby.where,
      text: `not a standby of this database: ${what}`,
      remedy: 'correct or remove it in "standbys" of the plan; this does not make it another plan',
    },
  }
}

async function behind(standby: Standby): Promise<Look> {
  const ms = await standby.lagMs()
  if (ms < behindMs) return {}
  return {
    behind: {
      on: standby.where,
      text: `replay there is ${Math.round(ms / 1000)} s behind: until it catches up, new names are not known there`,
    },
  }
}

/** A transaction that is older than replay's patience would be cancelled the moment the switch is replayed. */
async function reader({ tables, plan }: PreflightContext, standby: Standby): Promise<Look> {
  const patience = await standby.patienceMs()
  const oids = tables.flatMap(({ relation, location }) => [
    relation,
    ...(location.view === null ? [] : [location.view]),
  ])
  const holders = await standby.holders(oids, plan.defaults.stallBudgetMs)
  if (holders.length === 0) return {}
  const isDoomed = patience !== undefined && holders.some(({ ageMs }) => ageMs > patience)
  return {
    reader: {
      on: standby.where,
      text: isDoomed
        ? `transactions there hold tables of the phase for longer than max_standby_streaming_delay (${patience} ms), and would be cancelled`
        : 'transactions there hold tables of the phase; the switch waits for their end',
      evidence: holders.map((holder) => standby.describe(holder)),
      remedy: 'let them end, or waive it: the switch then does not wait for queries there',
      ...(isDoomed ? {} : { severity: 'warning' as const }),
    },
  }
}
