import type { Named } from '../known.ts'
import { askedBy } from '../oids.ts'
import { silent, type Trap } from '../trap.ts'
import type { Visit } from '../walk.ts'

/** Catalogs of what a view has none of. */
const ofKeys =
  /^(?:pg_(?:index|indexes|constraint|trigger|policy|policies|inherits|partitioned_table|statistic_ext)|table_constraints|key_column_usage|constraint_(?:column|table)_usage|referential_constraints|check_constraints|triggers)$/

/**
 * Whatever is told of a table by its OID: under the old name that of the view is found, and what is stored is that of the
 * table. Only a name that is written as a constant is seen: pg_stat_statements puts $1 in its place.
 */
export const oidTraps: readonly Trap[] = [
  {
    id: 'keys-by-name',
    breaks: 'finds no keys, constraints, indexes and triggers: the view under the old name has none',
    severity: 'error',
    view: silent,
    shell: silent,
    wayOut: 'look for the new name, as ORMs do once they are told the schema',
    find: (at) => (isRoot(at) && asks(at, ofKeys) ? [...byOid(at), ...byName(at, true)] : []),
  },
  {
    id: 'columns-by-name',
    breaks: 'finds the view: no NOT NULL, identity, generated column, statistics or size, and another kind',
    severity: 'warning',
    view: silent,
    wayOut: 'look for the new name',
    find: (at) =>
      isRoot(at) && !asks(at, ofKeys) && asks(at, /./) ? [...byOid(at), ...byName(at, false)] : [],
  },
  {
    id: 'oid-by-name',
    breaks:
      'takes the OID of the view for that of the table, which is in stored rows, tableoid and advisory locks',
    severity: 'error',
    view: silent,
    shell: silent,
    nothing: '42P01',
    wayOut: 'use the new name, whose OID is that of the table from the switch on',
    find: (at) => (isRoot(at) && !asks(at, /./) ? byOid(at) : []),
  },
  {
    id: 'table-size',
    breaks: 'is 0 or NULL: a view has no size and no statistics',
    severity: 'warning',
    view: silent,
    shell: silent,
    nothing: '42P01',
    wayOut: 'ask for the new name',
    find: (at) =>
      isRoot(at) ? asked(at).constants.flatMap(({ use, named }) => (use === 'size' ? [named] : [])) : [],
  },
]

function isRoot({ within }: Visit): boolean {
  return within === ''
}

function asked({ tag, body, lookup }: Visit): ReturnType<typeof askedBy> {
  return askedBy(tag, body, lookup)
}

function asks(at: Visit, catalogs: RegExp): boolean {
  return [...asked(at).catalogs].some((name) => catalogs.test(name))
}

function byOid(at: Visit): Named[] {
  return asked(at).constants.flatMap(({ use, named }) => (use === 'oid' ? [named] : []))
}

/** Without a schema the table is found as well, and the view beside it. */
function byName(at: Visit, withSchema: boolean): Named[] {
  return asked(at)
    .compared.filter((each) => each.withSchema || !withSchema)
    .map(({ named }) => named)
}
