import { literal } from '../pg/quoting.ts'
import { asidePrefix, markPrefix, stageSchema } from './names.ts'

/**
 * SQL of the mark on a view of that OID; null if it has none. It is the comment of the rule that makes it a view: the
 * comment of the view itself is that of its table, for all who read comments. Runs that were begun before have it there.
 */
export function markOfView(oid: string): string {
  return `coalesce(
    (select obj_description(made.oid, 'pg_rewrite') from pg_rewrite made where made.ev_class = ${oid} and made.rulename = '_RETURN'),
    case when obj_description(${oid}, 'pg_class') like '${markPrefix}%' then obj_description(${oid}, 'pg_class') end)`
}

/** SQL of a condition: is the partitioned table of that OID one around a moved table, whose facade is set aside? */
export function isShell(oid: string): string {
  return `exists (select from pg_inherits child join pg_class waiting on waiting.relname = '${asidePrefix}' || child.inhrelid
      and waiting.relnamespace = to_regnamespace('${stageSchema}') where child.inhparent = ${oid})`
}

/** SQL of a condition: is the relation (an alias of pg_class) one that the tool has made, for whatever plan? */
export function isOwn(relation: string): string {
  return `(${relation}.relkind = 'v' and coalesce(${markOfView(`${relation}.oid`)}, '') like '${markPrefix}%'
    or ${relation}.relkind = 'p' and ${isShell(`${relation}.oid`)})`
}

/** Marks a view as the tool's own, where nothing but the tool looks. */
export function markView(view: string, mark: string): string {
  return `comment on rule "_RETURN" on ${view} is ${literal(mark)}`
}
