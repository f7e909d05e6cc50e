import { readColumns } from '../catalog/columns.ts'
import { qualified } from '../pg/quoting.ts'
import { newName, oldName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Probe, ProbeFinding } from './probe.ts'

interface ViewRow {
  readonly relation: number
  readonly owner: string
  readonly takes: number
  readonly baseTakes: number
  readonly invoker: boolean
}

/** Old name and new name mean the same: the view can be read and written and has the table's columns and defaults. */
export const names: Probe = {
  id: 'names',
  title: 'old names and new names are equivalent',
  async run({ session, tables }) {
    const paired = tables.filter(({ location }) => location.view !== null)
    const views = new Map(
      (
        await session.query<ViewRow>(
          `select c.oid as relation, pg_get_userbyid(c.relowner) as owner,
                  pg_relation_is_updatable(c.oid, true) as takes, pg_relation_is_updatable(p.base, true) as "baseTakes",
                  coalesce('security_invoker=true' = any(c.reloptions), false) as invoker
             from unnest($1::oid[], $2::oid[]) p (view, base) join pg_class c on c.oid = p.view`,
          [paired.map(({ location }) => location.view), paired.map(({ relation }) => relation)],
        )
      ).map((row) => [row.relation, row]),
    )
    const columns = await readColumns(session, [...views.keys()])
    return [
      ...misplaced(tables),
      ...paired.flatMap((table) => {
        const view = views.get(table.location.view!)
        const problems =
          view === undefined
            ? ['the view is gone']
            : [...viewProblems(table, view), ...defaultProblems(table, columns.get(view.relation) ?? [])]
        return problems.map((text): ProbeFinding => ({
          severity: 'error',
          on: qualified(oldName(table)),
          text,
        }))
      }),
    ]
  },
}

function misplaced(tables: readonly TableFacts[]): ProbeFinding[] {
  return tables
    .filter(({ location }) => location.stand === 'missing' || location.stand === 'foreign')
    .map((table) => ({
      severity: 'error',
      on: qualified(oldName(table)),
      text: `it is at ${table.location.where ?? 'no place any more'}, and ${qualified(newName(table))} is not its other name`,
    }))
}

function viewProblems(table: TableFacts, view: ViewRow): string[] {
  return [
    ...(table.location.differences.includes('columns') ? ['the columns of view and table differ'] : []),
    ...(view.takes === view.baseTakes || table.columns.length === 0
      ? []
      : ['what can be inserted, updated and deleted by the one name is not what can by the other']),
    ...(view.owner === table.live.owner
      ? []
      : [`the view belongs to ${view.owner}, the table to ${table.live.owner}`]),
    ...(view.invoker === table.live.rowSecurity
      ? []
      : [
          view.invoker
            ? 'the view acts as its caller but the table has no row security'
            : 'the view bypasses the row security of the table',
        ]),
  ]
}

function defaultProblems(
  table: TableFacts,
  viewColumns: readonly { name: string; default: string | null }[],
): string[] {
  const onView = new Map(viewColumns.map((column) => [column.name, column.default]))
  return table.columns
    .filter(
      (column) =>
        column.identity === '' &&
        column.generated === '' &&
        onView.has(column.name) &&
        onView.get(column.name) !== column.default,
    )
    .map(
      (column) =>
        `the default of ${column.name} is ${column.default ?? 'none'} on the table and ${onView.get(column.name) ?? 'none'} on the view`,
    )
}
