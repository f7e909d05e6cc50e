import type { Parser } from '../../src/sql/parser.ts'
import { isNode, list, text, untag, type Node } from '../../src/sql/tree.ts'
import { splitScript } from '../../src/rewrite/script.ts'
import { maskVariables } from '../../src/rewrite/psql-variables.ts'
import { bodyOf } from '../../src/rewrite/nested.ts'
import { lex } from '../../src/sql/lexer.ts'

/** The names of all relations that scripts make other than for a session, with those that PostgreSQL derives from them. */
export async function madeNames(parser: Parser, scripts: readonly string[]): Promise<Set<string>> {
  const names = new Set<string>()
  for (const script of scripts) {
    for (const { start, end } of splitScript(script))
      await look(parser, maskVariables(script.slice(start, end)), names)
  }
  return names
}

async function look(parser: Parser, sql: string, names: Set<string>): Promise<void> {
  const parsed = await parser.parse(sql)
  if ('unparsable' in parsed) return
  for (const { tree } of parsed.statements) {
    collect(tree, names)
    const [tag, node] = untag(tree)
    const body = tag === 'CreateFunctionStmt' || tag === 'DoStmt' ? bodyOf(tag, node, lex(sql)) : undefined
    if (body !== undefined)
      for (const name of sql
        .slice(body.token.start, body.token.end)
        .matchAll(/create (?:table|view|sequence) (\w+)/gi))
        names.add(name[1]!.toLowerCase())
  }
}

function collect(value: unknown, names: Set<string>): void {
  if (Array.isArray(value)) for (const item of value as unknown[]) collect(item, names)
  if (!isNode(value)) return
  const [tag, body] = untag(value)
  if (tag === 'CreateStmt' || tag === 'CreateForeignTableStmt')
    table(tag === 'CreateStmt' ? body : (body['base'] as Node), names)
  else if (tag === 'ViewStmt') add(body['view'], names)
  else if (tag === 'CreateSeqStmt') add(body['sequence'], names)
  else if (tag === 'IntoClause') add(body['rel'], names)
  else if (tag === 'CompositeTypeStmt') add(body['typevar'], names)
  else if (tag === 'IndexStmt') index(body, names)
  else if (tag === 'RenameStmt') {
    const type = text(body['renameType']) ?? ''
    if (
      [
        'OBJECT_TABLE',
        'OBJECT_VIEW',
        'OBJECT_INDEX',
        'OBJECT_SEQUENCE',
        'OBJECT_MATVIEW',
        'OBJECT_FOREIGN_TABLE',
      ].includes(type)
    )
      names.add(text(body['newname'])!)
  } else if (tag === 'AlterTableStmt') {
    const relation = text((body['relation'] as Node)['relname'])!
    derived(relation, body['cmds'], names)
  }
  for (const inner of Object.values(body)) collect(inner, names)
}

function add(relation: unknown, names: Set<string>): string | undefined {
  const body = isNode(relation) ? untag(relation)[1] : {}
  const name = text(body['relname'])
  if (name === undefined || body['relpersistence'] === 't' || body['schemaname'] === 'pg_temp')
    return undefined
  names.add(name)
  return name
}

function table(body: Node, names: Set<string>): void {
  const name = add(body['relation'], names)
  if (name !== undefined) derived(name, body['tableElts'], names)
}

function derived(relation: string, elements: unknown, names: Set<string>): void {
  for (const element of list(elements)) {
    const [tag, body] = isNode(element) ? untag(element) : ['', {}]
    if (tag === 'AlterTableCmd') derived(relation, [body['def']], names)
    if (tag === 'ColumnDef') {
      const column = text(body['colname'])!
      const type = JSON.stringify(body['typeName'] ?? '')
      if (/serial/.test(type) || JSON.stringify(body['constraints'] ?? '').includes('CONSTR_IDENTITY'))
        names.add(`${relation}_${column}_seq`)
      for (const constraint of list(body['constraints'])) constrain(relation, [column], constraint, names)
    }
    if (tag === 'Constraint') constrain(relation, undefined, element, names)
  }
}

function constrain(
  relation: string,
  columns: string[] | undefined,
  value: unknown,
  names: Set<string>,
): void {
  const body = isNode(value) ? untag(value)[1] : {}
  const keys = columns ?? list(body['keys']).map((key) => text(untag(key as Node)[1]['sval']) ?? '')
  const own = text(body['conname'])
  const kind = text(body['contype'])
  if (kind === 'CONSTR_PRIMARY') names.add(own ?? `${relation}_pkey`)
  if (kind === 'CONSTR_UNIQUE') names.add(own ?? `${relation}_${keys.join('_')}_key`)
  if (kind === 'CONSTR_EXCLUSION' && own !== undefined) names.add(own)
}

function index(body: Node, names: Set<string>): void {
  const relation = body['relation'] as Node
  if (relation['relpersistence'] === 't') return
  const own = text(body['idxname'])
  const columns = list(body['indexParams']).map((each) => text(untag(each as Node)[1]['name']) ?? 'expr')
  names.add(own ?? `${text(relation['relname'])!}_${columns.join('_')}_idx`)
}
