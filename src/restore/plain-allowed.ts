import { bodyOf, isNode, list, text, untag, words, type Node } from '../sql/tree.ts'
import { harmlessSettings, kinds, reasons } from './plain-kinds.ts'

/** Functions of pg_catalog: which a dump may call, and all there are. */
export interface Callable {
  readonly allowed: ReadonlySet<string>
  readonly all: ReadonlySet<string>
}

/** True for a COPY whose rows follow in the text. */
export function isCopyIn(tree: Node): boolean {
  const copy = bodyOf(tree, 'CopyStmt')
  return copy?.['is_from'] === true && copy['filename'] === undefined && copy['is_program'] !== true
}

/**
 * Why a statement of a plain dump is not run, if it is not. Only what is known to make or fill objects of one database is:
 * the text may be anybody's, and it is run with the rights of whoever restores it.
 */
export function reasonAgainst(tree: Node, callable: Callable): string | undefined {
  const [kind, body] = untag(tree)
  if (!kinds.has(kind)) return reasons[kind] ?? 'other statements'
  return reasonOfKind(kind, body) ?? reasonInside(tree, callable)
}

function reasonOfKind(kind: string, body: Node): string | undefined {
  switch (kind) {
    case 'CopyStmt':
      return isCopyIn({ CopyStmt: body }) ? undefined : 'COPY of a file, a program or to the client'
    case 'VariableSetStmt': {
      const name = text(body['name'])?.toLowerCase()
      if (name !== undefined && harmlessSettings.has(name)) return undefined
      return name === 'role' || name === 'session_authorization' ? 'owners' : 'settings'
    }
    case 'CreateSchemaStmt':
      return body['authrole'] === undefined && list(body['schemaElts']).length === 0 ? undefined : 'owners'
    case 'CommentStmt':
      return commented.has(text(body['objtype']) ?? '') ? undefined : 'comments on what is left out'
    case 'DefineStmt':
      return defined.has(text(body['kind']) ?? '') ? undefined : 'aggregates, operators and base types'
    case 'AlterTableStmt':
      return list(body['cmds'])
        .map(reasonOfCommand)
        .find((reason) => reason !== undefined)
    case 'InsertStmt':
      return isValues(body['selectStmt']) ? undefined : 'INSERT of what a query finds'
    default:
      return undefined
  }
}

function reasonOfCommand(command: unknown): string | undefined {
  const subtype = text(bodyOf(command, 'AlterTableCmd')?.['subtype']) ?? ''
  if (subtype === 'AT_ChangeOwner') return 'owners'
  if (/Trig|Rule/.test(subtype)) return 'functions, procedures, triggers and rules'
  return subtype === 'AT_SetTableSpace' ? 'statements about roles and tablespaces' : undefined
}

function isValues(select: unknown): boolean {
  return select === undefined || list(bodyOf(select, 'SelectStmt')?.['valuesLists']).length > 0
}

/** Looks at every function that is called and every relation that is named, wherever in the statement. */
function reasonInside(tree: Node, callable: Callable): string | undefined {
  const waiting: unknown[] = [tree]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (Array.isArray(at)) waiting.push(...(at as unknown[]).filter((item) => item !== undefined))
    if (!isNode(at)) continue
    const reason = reasonAt(at, callable)
    if (reason !== undefined) return reason
    for (const value of Object.values(at))
      if (typeof value === 'object' && value !== null) waiting.push(value)
  }
  return undefined
}

function reasonAt(node: Node, callable: Callable): string | undefined {
  const [kind, body] = untag(node)
  switch (kind) {
    case 'FuncCall':
      return reasonOfCall(body, callable)
    case 'RangeVar':
      return isCatalog(body) ? 'what reads or writes system catalogs' : undefined
    // (x).f and x.f call f(x) where there is no such column.
    case 'ColumnRef':
      return reasonOfField(words(body['fields']).slice(1), callable)
    case 'A_Indirection':
      return reasonOfField(words(body['indirection']), callable)
    default:
      return undefined
  }
}

function reasonOfCall(call: Node, { allowed }: Callable): string | undefined {
  const name = words(call['funcname'])
  const last = name.at(-1) ?? ''
  const isBuiltIn = name.length === 1 || (name.length === 2 && name[0] === 'pg_catalog')
  if (isBuiltIn && allowed.has(last)) return undefined
  if (isBuiltIn && last === 'set_config' && isPath(call)) return undefined
  return `what calls ${name.join('.')}()`
}

function isPath(call: Node): boolean {
  const [first] = list(call['args'])
  const value = bodyOf(first, 'A_Const')?.['sval']
  return isNode(value) && value['sval'] === 'search_path'
}

function reasonOfField(fields: readonly string[], { allowed, all }: Callable): string | undefined {
  const called = fields.find((field) => all.has(field) && !allowed.has(field))
  return called === undefined ? undefined : `what may call ${called}()`
}

function isCatalog(relation: Node): boolean {
  const schema = text(relation['schemaname'])
  if (schema === undefined) return (text(relation['relname']) ?? '').startsWith('pg_')
  return schema.startsWith('pg_') || schema === 'information_schema'
}

const defined: ReadonlySet<string> = new Set(['OBJECT_COLLATION', 'OBJECT_TSCONFIGURATION'])

const commented: ReadonlySet<string> = new Set([
  'OBJECT_COLUMN',
  'OBJECT_CONSTRAINT',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_DOMAIN',
  'OBJECT_DOMCONSTRAINT',
  'OBJECT_INDEX',
  'OBJECT_MATVIEW',
  'OBJECT_SCHEMA',
  'OBJECT_SEQUENCE',
  'OBJECT_STATISTIC_EXT',
  'OBJECT_TABLE',
  'OBJECT_TYPE',
  'OBJECT_VIEW',
])
