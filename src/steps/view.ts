import type { Grant } from '../catalog/grants.ts'
import { markView } from '../catalog/mark.ts'
import { markOf } from '../catalog/names.ts'
import { dollarQuoted, ident, literal, qualified, role, type QualifiedName } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import { commentsOn } from './comments.ts'
import { telltale } from './telltale.ts'

/** A view over a table, or another view, that has its columns, owner, defaults and privileges, and so stands in for it under another name. */
export function createView(
  view: QualifiedName,
  table: QualifiedName,
  facts: TableFacts,
  planName: string,
  owner?: { runner: string; mayHaveExtra: boolean },
): string[] {
  const name = qualified(view)
  return [
    `create view ${name}${options(facts)} as ${select(facts, table)}`,
    ...setDefaults(name, facts),
    ...dressed(name, 'view', facts, owner),
    markView(name, markOf(planName)),
    ...commentsOn(name, facts),
  ]
}

/** The owner and privileges of a table for what stands in for it. */
export function dressed(
  name: string,
  kind: 'view' | 'table',
  facts: TableFacts,
  owner?: { runner: string; mayHaveExtra: boolean },
): string[] {
  return [
    ...(facts.live.owner === owner?.runner
      ? []
      : [`alter ${kind} ${name} owner to ${ident(facts.live.owner)}`]),
    // Default privileges may have given it more than the table has.
    ...(owner?.mayHaveExtra === false ? [] : [clearGrants(name)]),
    ...facts.grants.map((grant) => grantOn(name, grant)),
  ]
}

/** The same view with the columns the table has by now; PostgreSQL lets columns be added at the end only. */
export function refreshView(view: QualifiedName, table: QualifiedName, facts: TableFacts): string[] {
  return [
    replaceView(view, table, facts, facts.location.isWatched),
    ...dropDefaults(qualified(view), facts),
    ...setDefaults(qualified(view), facts),
  ]
}

/** Replacing a view keeps its owner, privileges, comment and defaults, but not its options: they are said again. */
export function replaceView(
  view: QualifiedName,
  table: QualifiedName,
  facts: TableFacts,
  isWatched: boolean,
): string {
  // Only through the check option do inserts call it; a view over a materialized view cannot have one.
  const check = facts.live.kind === 'm' ? '' : ' with local check option'
  const condition = isWatched ? ` where ${qualified(telltale(facts.relation))}()${check}` : ''
  return `create or replace view ${qualified(view)}${options(facts)} as ${select(facts, table)}${condition}`
}

function select(facts: TableFacts, table: QualifiedName): string {
  const columns = facts.columns.map((column) => ident(column.name)).join(', ')
  return `select ${columns === '' ? '' : `${columns} `}from ${qualified(table)}`
}

/**
 * A view checks row security as its owner, who is exempt, so that it would open the table to everyone. One that acts
 * as its caller does not (manual, chapter 41.5); it exists since 15.
 */
function options(facts: TableFacts): string {
  return facts.live.rowSecurity ? ' with (security_invoker = true)' : ''
}

/**
 * Without its own defaults the view would store NULL for `SET column = DEFAULT`. Identity and generated columns take
 * theirs from the table in any case.
 */
function setDefaults(view: string, { columns }: TableFacts): string[] {
  return alterColumns(
    view,
    columns
      .filter(isOwnDefault)
      .flatMap((column) => (column.default === null ? [] : [[column.name, `set default ${column.default}`]])),
  )
}

function dropDefaults(view: string, { columns }: TableFacts): string[] {
  return alterColumns(
    view,
    columns
      .filter(isOwnDefault)
      .flatMap((column) => (column.default === null ? [[column.name, 'drop default']] : [])),
  )
}

function isOwnDefault({ generated, identity }: TableFacts['columns'][number]): boolean {
  return generated === '' && identity === ''
}

/** ALTER VIEW takes one column at a time, ALTER TABLE takes a view and all its columns at once. */
function alterColumns(view: string, changes: readonly (readonly string[])[]): string[] {
  if (changes.length === 0) return []
  const parts = changes.map(([name, change]) => `alter column ${ident(name!)} ${change}`)
  return [`alter table ${view} ${parts.join(', ')}`]
}

export function grantOn(relation: string, { privilege, column, grantee, grantable }: Grant): string {
  const what = column === null ? privilege.toLowerCase() : `${privilege.toLowerCase()} (${ident(column)})`
  return `grant ${what} on ${relation} to ${role(grantee)}${grantable ? ' with grant option' : ''}`
}

function clearGrants(view: string): string {
  const body = `
declare g record;
begin
  for g in select x.grantee
             from pg_class c cross join lateral aclexplode(c.relacl) x
            where c.oid = ${literal(view)}::regclass and x.grantee <> c.relowner
            union
           select x.grantee
             from pg_class c join pg_attribute a on a.attrelid = c.oid cross join lateral aclexplode(a.attacl) x
            where c.oid = ${literal(view)}::regclass and x.grantee <> c.relowner
  loop
    execute format('revoke all on %s from %s cascade', ${literal(view)},
      case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end);
  end loop;
end
`
  return `do ${dollarQuoted(body)}`
}
