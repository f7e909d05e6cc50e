import { qualified } from '../pg/quoting.ts'
import { expandStep, newName, oldName } from '../steps/names.ts'
import { always, type Rule } from './rule.ts'

/** Rules about what kind of table it is. */
export const relationRules: readonly Rule[] = [
  {
    id: 'table-missing',
    code: 'PF-23',
    severity: 'error',
    waivable: false,
    phases: always,
    check: ({ facts }) =>
      // Old partitions are dropped all the time, which is nobody's mistake.
      facts.missing
        .filter(({ relation, family }) => relation === family)
        .map((mapping) => ({
          on: qualified(oldName(mapping)),
          text: 'the table was dropped or replaced since the run began',
          remedy: 'restore it, or roll the run back and begin again',
        })),
  },
  {
    id: 'reality-differs',
    code: 'PF-23',
    severity: 'error',
    waivable: false,
    phases: always,
    check: ({ tables, begun }) =>
      tables
        .filter(
          ({ location, target, name }) =>
            location.stand === 'missing' ||
            (location.stand === 'foreign' && begun.has(expandStep(target, name))),
        )
        .map((table) => ({
          on: qualified(oldName(table)),
          text:
            table.location.stand === 'missing'
              ? `the table is now ${table.location.where ?? 'gone'}, neither under its old nor under its new name`
              : `something that is not of this plan sits at ${qualified(newName(table))} or ${qualified(oldName(table))}`,
          remedy: 'rename it back, or remove the other object, then run the same command again',
        })),
  },
  {
    id: 'relation-unsupported',
    code: 'PF-1',
    severity: 'error',
    waivable: false,
    phases: ['expand'],
    check: ({ tables, facts }) => {
      const moved = new Set(facts.tables.map(({ relation }) => relation))
      return tables.flatMap((table) => {
        const reasons = [
          ...(table.live.extension === null
            ? []
            : [`it belongs to extension ${table.live.extension}, whose updates expect it where it is`]),
          ...(table.live.persistence === 't' ? ['it is a temporary table'] : []),
          ...(table.live.isPartition && !moved.has(table.live.parent ?? 0)
            ? ['it is a partition of a table that is not moved']
            : []),
        ]
        return reasons.map((text) => ({
          on: qualified(oldName(table)),
          text,
          remedy: 'take it out of the plan, or name its parent',
        }))
      })
    },
  },
  {
    id: 'row-security',
    code: 'PF-1',
    severity: 'error',
    waivable: false,
    phases: ['expand', 'switch'],
    check: ({ tables, facts }) =>
      tables
        .filter(({ live }) => live.rowSecurity && facts.server.major < 15)
        .map((table) => ({
          on: qualified(oldName(table)),
          text: 'it has row security, which a view bypasses before PostgreSQL 15 (no security_invoker)',
          remedy: 'take it out of the plan, or upgrade the server first',
        })),
  },
  {
    id: 'row-security-columns',
    code: 'PF-1',
    severity: 'error',
    waivable: true,
    phases: ['expand', 'switch'],
    check: ({ tables }) =>
      tables
        .filter(({ live }) => live.rowSecurity && live.hasColumnGrants)
        .map((table) => ({
          on: qualified(oldName(table)),
          text: 'it has row security and grants on single columns; no view keeps both: those roles would be refused',
          remedy: 'replace the column grants by table grants or by views of their own',
        })),
  },
  {
    id: 'owner-rights',
    code: 'PF-12',
    severity: 'error',
    waivable: true,
    phases: ['expand'],
    check: ({ tables }) =>
      tables
        .filter((table) => table.ownerLacksRights && !table.live.rowSecurity)
        .map((table) => ({
          on: qualified(oldName(table)),
          text: `its owner ${table.live.owner} has no full rights on it, and the view acts as the owner`,
          remedy: `grant select, insert, update, delete on ${qualified(oldName(table))} to its owner`,
        })),
  },
  {
    id: 'inheritance',
    code: 'PF-1',
    severity: 'warning',
    waivable: true,
    phases: ['expand'],
    check: ({ tables }) =>
      tables
        .filter(({ live }) => live.hasInheritors)
        .map((table) => ({
          on: qualified(oldName(table)),
          text: 'other tables inherit from it: FROM ONLY by the old name will include their rows after the switch',
        })),
  },
  {
    id: 'no-columns',
    code: 'PF-1',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    check: ({ tables }) =>
      tables
        .filter(({ columns }) => columns.length === 0)
        .map((table) => ({
          on: qualified(oldName(table)),
          text: 'it has no columns: a view without columns can be read but not inserted into',
        })),
  },
  {
    id: 'refresh-by-old-name',
    code: 'PF-1',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    check: ({ tables }) =>
      tables
        .filter(({ live, compat }) => live.kind === 'm' && (compat === 'view' || compat === 'late'))
        .map((table) => ({
          on: qualified(oldName(table)),
          text: 'it is a materialized view: jobs that refresh it by the old name fail after the switch',
          remedy: `refresh materialized view ${qualified(newName(table))}`,
        })),
  },
  {
    id: 'conditional-rule',
    code: 'PF-1',
    severity: 'error',
    waivable: true,
    phases: ['expand'],
    async check({ session, tables }) {
      const rows = await session.query<{ relation: number; name: string }>(
        `select ev_class as relation, rulename as name from pg_rewrite
          where ev_class = any($1::oid[]) and ev_type = '2' and is_instead and ev_qual <> '<>' order by 1, 2`,
        [tables.map(({ relation }) => relation)],
      )
      const byOid = new Map(tables.map((table) => [table.relation, table]))
      return rows.map(({ relation, name }) => ({
        on: qualified(oldName(byOid.get(relation)!)),
        text: `rule ${name} (on update, conditional, do instead) is evaluated with the new values when the table is updated through a view: updates by the other name would silently do nothing`,
        remedy: 'replace the rule by a trigger',
      }))
    },
  },
  {
    id: 'row-type',
    code: 'PF-4',
    severity: 'warning',
    waivable: true,
    phases: ['expand'],
    check: ({ tables }) =>
      tables
        .filter(({ rowTypeUses }) => rowTypeUses.length > 0)
        .map((table) => ({
          on: qualified(oldName(table)),
          text: 'its row type is used: implicit casts are made for the time of the move; a call that is under way in the instant of the switch may fail once',
          evidence: table.rowTypeUses,
        })),
  },
  {
    id: 'facade-outdated',
    code: 'PF-18',
    severity: 'error',
    waivable: false,
    phases: ['switch'],
    check: ({ tables, plan }) =>
      tables
        .filter(({ location }) => location.stand === 'expanded')
        .map((table) => ({ table, differences: table.location.differences.filter(isNotSettled) }))
        .filter(({ differences }) => differences.length > 0)
        .map(({ table, differences }) => ({
          on: qualified(oldName(table)),
          text: `it and its facade differ in ${differences.join(', ')}: someone has changed one of them since expand`,
          remedy: `migrate execute --phase ${plan.phases[0]!.number} makes the facade its equal again`,
        })),
  },
]

/** Owner and privileges are made the same by whatever changes something next. */
export function isNotSettled(difference: string): boolean {
  return difference !== 'owner' && difference !== 'privileges'
}
