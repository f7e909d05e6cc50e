import { journalSchema } from '../catalog/names.ts'
import { readClientSettings } from '../catalog/roles.ts'
import { structureTriggers } from '../catalog/structure-watch.ts'
import { qualified } from '../pg/quoting.ts'
import { knownSlots } from './subscriber.ts'
import { parseSetting } from './setting.ts'
import { oldName } from '../steps/names.ts'
import type { Rule } from './rule.ts'

/** Rules about what else in the server has to do with the tables. */
export const surroundingRules: readonly Rule[] = [
  {
    id: 'logical-replication',
    code: 'PF-7',
    severity: 'error',
    waivable: true,
    phases: ['expand', 'switch'],
    async check(context) {
      const { facts, tables } = context
      const known = await knownSlots(context)
      const moved = new Map(tables.map((table) => [table.relation, table]))
      return [
        ...facts.replication.logicalSlots
          .filter(({ name }) => !known.has(name))
          .map(({ name, plugin }) => ({
            on: name,
            text: `logical slot ${name} (${plugin}): its subscriber sees the tables under their new names after the switch, and stops or silently discards rows if it is not told`,
            remedy:
              'name the subscriber in "subscribers" of the plan, whose tables are then moved too, or waive when the slot does not carry these tables',
          })),
        ...facts.replication.subscribed
          .filter(({ relation }) => moved.has(relation))
          .map(({ relation, subscription }) => ({
            on: qualified(oldName(moved.get(relation)!)),
            text: `subscription ${subscription} writes into it; the apply worker cannot write into a view`,
            remedy: 'end the subscription of this table first',
          })),
      ]
    },
  },
  {
    id: 'journal-published',
    code: 'PF-7',
    severity: 'error',
    waivable: true,
    phases: ['expand'],
    check: ({ facts: { replication } }) =>
      replication.logicalSlots.length === 0
        ? []
        : replication.publications
            .filter(({ how }) => how === 'all tables')
            .map(({ name }) => ({
              on: name,
              text: `publication ${name} is FOR ALL TABLES: it publishes the journal too, and a subscriber stops at the first row of a table that it does not have`,
              remedy: `publish tables by name, or make empty tables of the journal on each subscriber (pg_dump --schema-only --schema=${journalSchema}) and waive it`,
            })),
  },
  {
    id: 'publication',
    code: 'PF-7',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    check: ({ facts }) =>
      [...new Set(facts.replication.publications.map(({ name }) => name))].map((name) => ({
        on: name,
        text: `publication ${name} publishes tables of this phase; they appear under their new names`,
      })),
  },
  {
    id: 'standby',
    code: 'PF-15',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    // The server does not tell which standby a connection string leads to: as many as are named are taken for known.
    // Which of them a connection string leads to cannot be told here: once all are named, none is unknown.
    check({ facts, plan, session }) {
      const found = facts.replication.standbys
      if (found.length <= plan.databases[session.target.alias]!.standbys.length) return []
      return found.map(({ name, address, state }) => ({
        on: name,
        text: `standby ${name}${address === null ? '' : ` at ${address}`} (${state}): a query there that holds a table longer than max_standby_streaming_delay is cancelled when the switch is replayed`,
        remedy: 'name it in "standbys" of the plan: the switch then waits for such queries',
      }))
    },
  },
  {
    id: 'client-timeout',
    code: 'PF-14',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    async check({ session, plan }) {
      const settings = await readClientSettings(session)
      return settings.flatMap(({ role, database, setting }) => {
        const { name, ms } = parseSetting(setting)
        if (ms === undefined || ms === 0 || ms > plan.defaults.stallBudgetMs) return []
        return [
          {
            on: role,
            text: `${name} of role ${role} in database ${database} is ${ms} ms: its statements may be cancelled by a stall of up to ${plan.defaults.stallBudgetMs} ms`,
            remedy: `set stallBudget below ${ms}ms`,
          },
        ]
      })
    },
  },
  {
    id: 'event-trigger',
    code: 'PF-11',
    severity: 'warning',
    waivable: true,
    phases: ['expand', 'switch', 'contract'],
    async check({ session }) {
      const rows = await session.query<{ name: string; event: string; fn: string }>(
        `select evtname as name, evtevent as event, evtfoid::regproc::text as fn from pg_event_trigger
          where evtenabled <> 'D' and evtname <> all($1::text[]) order by 1`,
        [Object.values(structureTriggers)],
      )
      return rows.map(({ name, event, fn }) => ({
        on: name,
        text: `event trigger ${name} (${event}, ${fn}) runs at each statement of the move and may refuse it`,
      }))
    },
  },
  {
    id: 'drift-unwatched',
    code: 'PF-11',
    severity: 'info',
    waivable: true,
    phases: ['expand'],
    check: ({ plan, facts: { server } }) =>
      server.isSuperuser
        ? []
        : [
            {
              on: server.user,
              ...(plan.defaults.onDrift === 'refuse' ? { severity: 'error' as const } : {}),
              text: 'only a superuser may make event triggers: a change of structure by others is not seen before the switch looks under its lock',
              remedy: 'let a superuser run expand',
            },
          ],
  },
  {
    id: 'cross-service-foreign-key',
    code: 'PF-26',
    severity: 'info',
    waivable: true,
    phases: ['expand'],
    check: ({ facts }) => {
      const service = new Map(facts.tables.map((table) => [table.relation, table.service]))
      return facts.foreignKeys
        .filter((key) => service.get(key.from) !== service.get(key.to))
        .map((key) => ({
          on: `${key.fromName}.${key.name}`,
          text: `it points from ${service.get(key.from) ?? 'a table that stays'} to ${service.get(key.to) ?? 'a table that stays'} (${key.toName}); it is kept and works across schemas`,
        }))
    },
  },
  {
    id: 'unclaimed-table',
    code: 'PF-26',
    severity: 'info',
    waivable: true,
    phases: ['expand'],
    check: ({ facts }) =>
      facts.resolved.unclaimed.map((table) => ({
        on: qualified(table),
        text: 'no service claims it; it stays where it is',
      })),
  },
]
