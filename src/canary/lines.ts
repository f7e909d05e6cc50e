import { isView } from '../catalog/relations.ts'
import { ident, qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import type { TableFacts } from '../survey/facts.ts'

/** A statement that the canary sends again and again by one name. */
export interface Line {
  readonly name: string
  readonly schema: string
  readonly relation: number
  readonly text: string
  /** Takes its place where it is slow by itself, which would be taken for a stall. */
  readonly instead?: string
  /** Takes its place where it would do something although it changes no row. */
  readonly hushed?: string
}

/** The statements by old and by new names. */
export interface Lines {
  readonly old: readonly Line[]
  readonly new: readonly Line[]
}

/**
 * The reads and writes by the names of tables: those that work now, or for `across` those that work before a switch as
 * well as after it. A write takes the locks of a client’s write and changes no row.
 */
export function linesOf(tables: readonly TableFacts[], { across = false } = {}): Lines {
  const lines = (table: TableFacts, name: string): Line[] =>
    statements(table, name).map((line) => ({
      name,
      schema: table.target,
      relation: table.relation,
      ...line,
    }))
  const names = ({ source, target, name }: TableFacts) => ({
    old: qualified({ schema: source, name }),
    new: qualified({ schema: target, name }),
  })
  return {
    old: tables
      .filter((table) => worksByOldName(table, across))
      .flatMap((table) =>
        lines(table, table.compat === 'search-path' ? ident(table.name) : names(table).old),
      ),
    new: tables
      .filter(({ location: { stand } }) => ['expanded', 'switched', 'contracted'].includes(stand))
      .flatMap((table) => lines(table, names(table).new)),
  }
}

function worksByOldName({ compat, location: { stand } }: TableFacts, across: boolean): boolean {
  if (compat === 'none' && (across || stand === 'switched')) return false
  return ['plain', 'expanded', 'switched'].includes(stand)
}

/** What is read through a view or kept in a copy may take its time, so that no row of these is asked for. */
function statements(
  { live, columns }: TableFacts,
  name: string,
): Pick<Line, 'text' | 'instead' | 'hushed'>[] {
  const none = `select from ${name} where false`
  if (isView(live)) return [{ text: none }]
  const column = columns.find(({ identity, generated }) => identity !== 'a' && generated === '')
  const read = { text: `select 1 from ${name} limit 1`, instead: none }
  if (column === undefined) return [read]
  const write = `update ${name} set ${ident(column.name)} = ${ident(column.name)} where false`
  return [read, { text: write, hushed: `explain (costs off) ${write}` }]
}

/**
 * The lines without those that are heard: an UPDATE of no row does something all the same where a trigger for
 * statements or a rule is. EXPLAIN takes the locks of the statement and carries nothing out.
 */
export async function hush(session: Session, lines: Lines): Promise<Lines> {
  const oids = [...new Set([...lines.old, ...lines.new].map(({ relation }) => relation))]
  const rows = await session.query<{ oid: number }>(
    `select c.oid from pg_class c
      where c.oid = any($1::oid[])
        and (exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 1 = 0 and t.tgtype & 16 <> 0)
             or exists (select from pg_rewrite r where r.ev_class = c.oid and r.ev_type <> '1'))`,
    [oids],
  )
  const audible = new Set(rows.map(({ oid }) => oid))
  const quiet = (line: Line): Line =>
    line.hushed !== undefined && audible.has(line.relation) ? { ...line, text: line.hushed } : line
  return { old: lines.old.map(quiet), new: lines.new.map(quiet) }
}
