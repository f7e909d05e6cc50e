import { here, listed } from '../finding-tables.ts'
import { ownersOf } from '../level.ts'
import { bodyOf, list, text } from '../../sql/tree.ts'
import { silent, type Trap } from '../trap.ts'
import { namedBy } from '../walk.ts'
import { columnWords, hasStar } from '../column.ts'
import { leansOnKey } from '../group-by.ts'

const systemColumns = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid'])

/** What queries may ask of a table and not of a view (manual, chapters 5.5 and 7.2). */
export const queryTraps: readonly Trap[] = [
  {
    id: 'system-column',
    breaks: 'fails: a view has no ctid, xmin, xmax, cmin, cmax and tableoid',
    severity: 'error',
    view: '42703',
    wayOut: 'use the key of the row, and a version column of its own',
    find: (at) => {
      const names = at.tag === 'ColumnRef' ? columnWords(at.body) : []
      return systemColumns.has(names.at(-1) ?? '') && !hasStar(at.body) ? ownersOf(at.level, names) : []
    },
  },
  {
    id: 'tablesample',
    breaks: 'fails: only tables and materialized views can be sampled',
    severity: 'error',
    view: '0A000',
    wayOut: 'sample the table by its new name',
    find: (at) =>
      at.tag === 'RangeTableSample' ? listed(namedBy(at.body['relation'], at.level, at.lookup)) : [],
  },
  {
    id: 'only',
    breaks: 'sees the rows of partitions and inheritors: ONLY means nothing to a view',
    severity: 'error',
    view: silent,
    wayOut: 'use the new name, by which ONLY goes on working',
    find: (at) => (isOnly(at.tag, at.body) ? here(at).filter(({ table }) => table.hasChildren) : []),
  },
  {
    id: 'only-of-shell',
    breaks: 'sees no rows: they are all in the partition',
    severity: 'error',
    shell: silent,
    wayOut: 'leave ONLY out',
    find: (at) => (isOnly(at.tag, at.body) ? here(at) : []),
  },
  {
    id: 'group-by-key',
    breaks: 'fails: a view has no key from which the other columns follow',
    severity: 'error',
    view: '42803',
    wayOut: 'group by every selected column, or use the new name',
    find: (at) => (at.tag === 'SelectStmt' ? leansOnKey(at) : []),
  },
  {
    id: 'whole-row',
    breaks: 'fails in sessions that prepared it before the switch: the type of the row has changed',
    severity: 'warning',
    view: '0A000',
    shell: '0A000',
    wayOut: 'select columns, or let connections be opened anew after the switch',
    find: (at) =>
      at.tag !== 'SelectStmt' || !(at.within === '' || at.within === 'PrepareStmt')
        ? []
        : list(at.body['targetList']).flatMap((item) => {
            const reference = bodyOf(bodyOf(item, 'ResTarget')?.['val'], 'ColumnRef')
            const names = reference === undefined || hasStar(reference) ? [] : columnWords(reference)
            const source = names.length === 1 && at.level.sources.find(({ alias }) => alias === names[0])
            return source === false ? [] : listed(source?.named)
          }),
  },
]

function isOnly(tag: string, body: Readonly<Record<string, unknown>>): boolean {
  return tag === 'RangeVar' && body['inh'] !== true && text(body['relname']) !== undefined
}
