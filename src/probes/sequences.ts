import { ident, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { newName, oldName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Probe, ProbeFinding } from './probe.ts'

/** Each is a query of its own to the server, but not to the network. */
const together = 100

type Sequence = TableFacts['sequences'][number]

interface Numbered {
  readonly table: TableFacts
  readonly sequence: Sequence
}

interface Found extends QualifiedName {
  readonly oid: number
  readonly owner: number | null
  readonly increment: string
}

/** Sequences belong to the right column and are ahead of the data. */
export const sequences: Probe = {
  id: 'sequences',
  title: 'sequences are owned and ahead of the data',
  async run({ session, tables }) {
    const all = tables.flatMap((table) => table.sequences.map((sequence) => ({ table, sequence })))
    const found = await readFound(
      session,
      all.map(({ sequence }) => sequence.oid),
    )
    const there = all.filter(({ sequence }) => found.has(sequence.oid))
    return [
      ...all.flatMap((each) => ownership(each, found.get(each.sequence.oid))),
      ...(await behind(
        session,
        there.map((each) => ({ ...each, found: found.get(each.sequence.oid)! })),
      )),
    ]
  },
}

async function readFound(session: Session, oids: readonly number[]): Promise<Map<number, Found>> {
  const rows = await session.query<Found>(
    `select q.oid, n.nspname as schema, q.relname as name, s.seqincrement::text as increment,
            (select d.refobjid from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = q.oid
                and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0) as owner
       from pg_class q join pg_namespace n on n.oid = q.relnamespace join pg_sequence s on s.seqrelid = q.oid
      where q.oid = any($1::oid[])`,
    [oids],
  )
  return new Map(rows.map((row) => [row.oid, row]))
}

function ownership({ table, sequence }: Numbered, found: Found | undefined): ProbeFinding[] {
  const on = qualified(oldName(table))
  if (found === undefined)
    return [{ severity: 'error', on, text: `sequence ${sequence.name} of column ${sequence.column} is gone` }]
  const { view, shell, stand } = table.location
  const owner =
    sequence.kind === 'owned' && stand === 'switched' ? (view ?? shell ?? table.relation) : table.relation
  if (found.owner === owner) return []
  const column = ident(sequence.column)
  return [
    {
      severity: 'error',
      on,
      text: `sequence ${qualified(found)} does not belong to column ${column}`,
      remedy: `alter sequence ${qualified(found)} owned by ${on}.${column}`,
    },
  ]
}

/** Reads the data before the sequences, so that rows inserted meanwhile cannot make one look behind. */
async function behind(
  session: Session,
  all: readonly (Numbered & { readonly found: Found })[],
): Promise<ProbeFinding[]> {
  const counting = all.filter(({ table, sequence }) => {
    const type = table.columns.find(({ name }) => name === sequence.column)?.type
    return type !== undefined && /^(smallint|integer|bigint|numeric)/.test(type)
  })
  const data = await readTogether<{ data: string | null }>(
    session,
    counting.map(({ table, sequence, found }) => {
      const isOld = table.location.stand === 'plain' || table.location.stand === 'expanded'
      const extreme = found.increment.startsWith('-') ? 'min' : 'max'
      return `select ${extreme}(${ident(sequence.column)})::text as data from ${qualified(isOld ? oldName(table) : newName(table))}`
    }),
  )
  const states = await readTogether<{ value: string; called: boolean }>(
    session,
    counting.map(
      ({ found }) => `select last_value::text as value, is_called as called from ${qualified(found)}`,
    ),
  )
  return counting.flatMap(({ table, sequence, found }, index): ProbeFinding[] => {
    const held = data[index]!.data
    const { value, called } = states[index]!
    if (held === null) return []
    const next = BigInt(value) + (called ? BigInt(found.increment) : 0n)
    const last = BigInt(held.split('.')[0]!)
    if (found.increment.startsWith('-') ? next < last : next > last) return []
    return [
      {
        severity: 'warning',
        on: qualified(oldName(table)),
        text: `sequence ${qualified(found)} would give ${next} next, but column ${ident(sequence.column)} already holds ${held}`,
      },
    ]
  })
}

/** Many queries of one row each, in few round trips; the rows in the order of the queries. */
async function readTogether<Row extends object>(
  session: Session,
  queries: readonly string[],
): Promise<Row[]> {
  const rows: Row[] = []
  for (let from = 0; from < queries.length; from += together) {
    const part = queries.slice(from, from + together)
    const union = part.map((query, index) => `select ${index} as position, q.* from (${query}) q`)
    rows.push(...(await session.query<Row>(`${union.join(' union all ')} order by position`)))
  }
  return rows
}
