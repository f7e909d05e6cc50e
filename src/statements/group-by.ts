import { listed } from './finding-tables.ts'
import type { Named } from './known.ts'
import { sourcesOf, type Level, type Source } from './level.ts'
import { columnWords, hasStar } from './column.ts'
import { bodyOf, isNode, list, untag, words, type Node } from '../sql/tree.ts'
import type { Visit } from './walk.ts'

/**
 * The tables of a query that it groups by their primary key while it selects other columns of them as they are, which
 * only a table allows (manual, chapter 7.2.3). Columns within a call of an aggregate are free.
 */
export function leansOnKey({ body, level }: Visit): readonly Named[] {
  const grouped = list(body['groupClause']).flatMap((item) => groupedColumn(item, body, level))
  if (grouped.length === 0) return []
  const loose = ['targetList', 'havingClause', 'sortClause', 'distinctClause', 'windowClause'].flatMap(
    (key) => looseColumns(body[key]),
  )
  return level.sources.flatMap((source) => {
    if (source.named === undefined) return []
    const by = new Set(grouped.flatMap((reference) => columnsOf(reference, source, level)))
    const { primaryKey } = source.named.table
    if (primaryKey.length === 0 || !primaryKey.every((column) => by.has(column))) return []
    const others = loose.flatMap((reference) => columnsOf(reference, source, level))
    return others.some((column) => !by.has(column)) ? [source.named] : []
  })
}

/** A column in GROUP BY: written out, or by its place or its name in the select list. */
function groupedColumn(item: unknown, body: Node, level: Level): readonly Node[] {
  const constant = bodyOf(item, 'A_Const')
  if (constant === undefined) {
    const written = bodyOf(item, 'ColumnRef')
    const names = written === undefined ? [] : columnWords(written)
    const named =
      names.length === 1 && sourcesOf(level, names).length === 0 ? targetNamed(names[0]!, body) : undefined
    return listed(named ?? written)
  }
  const place = isNode(constant['ival']) ? Number(constant['ival']['ival']) : Number.NaN
  const target = bodyOf(list(body['targetList'])[place - 1], 'ResTarget')
  return listed(bodyOf(target?.['val'], 'ColumnRef'))
}

function targetNamed(name: string, body: Node): Node | undefined {
  const targets = list(body['targetList']).map((item) => bodyOf(item, 'ResTarget'))
  return bodyOf(targets.find((target) => target?.['name'] === name)?.['val'], 'ColumnRef')
}

/** The columns of one source that a reference means: one, or all of them for `*` and for the whole row. */
function columnsOf(reference: Node, source: Source, level: Level): string[] {
  const names = columnWords(reference)
  const all = source.named?.table.columns.map(({ name }) => name) ?? []
  if (hasStar(reference)) return names.length === 0 || names.at(-1) === source.alias ? all : []
  if (names.length === 1 && names[0] === source.alias && !all.includes(source.alias)) return all
  return sourcesOf(level, names).includes(source) && all.includes(names.at(-1)!) ? [names.at(-1)!] : []
}

/** Columns outside aggregates; a subquery has its own levels and is looked at there. */
function looseColumns(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(looseColumns)
  if (!isNode(value)) return []
  const [tag, body] = untag(value)
  if (tag === 'ColumnRef') return [body]
  if (tag === 'SubLink' || tag === 'SelectStmt' || (tag === 'FuncCall' && isAggregate(body))) return []
  return Object.values(body).flatMap(looseColumns)
}

/** Only an aggregate takes these clauses; without one, it is known by its name. */
function isAggregate(call: Node): boolean {
  const clauses = ['agg_star', 'agg_distinct', 'agg_filter', 'agg_order', 'agg_within_group']
  return clauses.some((clause) => clause in call) || aggregates.has(words(call['funcname']).at(-1) ?? '')
}

/** Aggregates of the server (manual, chapter 9.21); one that extensions or users made is not looked into either way. */
const aggregates = new Set(
  (
    'any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or count every json_agg json_object_agg jsonb_agg ' +
    'jsonb_object_agg max min range_agg range_intersect_agg string_agg sum xmlagg corr covar_pop covar_samp regr_avgx ' +
    'regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp ' +
    'variance var_pop var_samp mode percentile_cont percentile_disc'
  ).split(' '),
)
