import { ident, qualified, type QualifiedName } from '../pg/quoting.ts'
import { newName, oldName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Probe, ProbeContext, ProbeFinding } from './probe.ts'

/** Sequences belong to the right column and are ahead of the data. */
export const sequences: Probe = {
  id: 'sequences',
  title: 'sequences are owned and ahead of the data',
  async run(context) {
    const findings: ProbeFinding[] = []
    for (const table of context.tables) {
      for (const sequence of table.sequences) findings.push(...(await check(context, table, sequence)))
    }
    return findings
  },
}

async function check(
  { session }: ProbeContext,
  table: TableFacts,
  sequence: TableFacts['sequences'][number],
): Promise<ProbeFinding[]> {
  const on = qualified(oldName(table))
  const [found] = await session.query<QualifiedName & { owner: number | null; increment: string }>(
    `select n.nspname as schema, q.relname as name, s.seqincrement::text as increment,
            (select d.refobjid from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = q.oid
                and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0) as owner
       from pg_class q join pg_namespace n on n.oid = q.relnamespace join pg_sequence s on s.seqrelid = q.oid where q.oid = $1`,
    [sequence.oid],
  )
  if (found === undefined)
    return [{ severity: 'error', on, text: `sequence ${sequence.name} of column ${sequence.column} is gone` }]
  const owner =
    sequence.kind === 'owned' && table.location.stand === 'switched'
      ? (table.location.view ?? table.location.shell ?? table.relation)
      : table.relation
  const column = ident(sequence.column)
  return [
    ...(found.owner === owner
      ? []
      : [
          {
            severity: 'error' as const,
            on,
            text: `sequence ${qualified(found)} does not belong to column ${column}`,
            remedy: `alter sequence ${qualified(found)} owned by ${on}.${column}`,
          },
        ]),
    ...(await behind(session, table, sequence.column, found, on)),
  ]
}

/** Reads the data before the sequence, so that rows inserted meanwhile cannot make it look behind. */
async function behind(
  session: ProbeContext['session'],
  table: TableFacts,
  column: string,
  sequence: QualifiedName & { increment: string },
  on: string,
): Promise<ProbeFinding[]> {
  const at =
    table.location.stand === 'plain' || table.location.stand === 'expanded' ? oldName(table) : newName(table)
  const extreme = sequence.increment.startsWith('-') ? 'min' : 'max'
  const type = table.columns.find(({ name }) => name === column)?.type
  if (type === undefined || !/^(smallint|integer|bigint|numeric)/.test(type)) return []
  const { data } = await session.one<{ data: string | null }>(
    `select ${extreme}(${ident(column)})::text as data from ${qualified(at)}`,
  )
  if (data === null) return []
  const { value, called } = await session.one<{ value: string; called: boolean }>(
    `select last_value::text as value, is_called as called from ${qualified(sequence)}`,
  )
  const next = BigInt(value) + (called ? BigInt(sequence.increment) : 0n)
  const isAhead = extreme === 'max' ? next > BigInt(data.split('.')[0]!) : next < BigInt(data.split('.')[0]!)
  if (isAhead) return []
  return [
    {
      severity: 'warning',
      on,
      text: `sequence ${qualified(sequence)} would give ${next} next, but column ${ident(column)} already holds ${data}`,
    },
  ]
}
