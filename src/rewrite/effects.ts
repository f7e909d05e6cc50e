import { isNode, list, text, untag, words, type Node } from '../sql/tree.ts'
import type { Surroundings } from './decide.ts'

/** What names mean after a statement that may change it: SET search_path, temporary relations made, renamed and dropped. */
export function after(statement: Node, around: Surroundings, initial: Surroundings): Surroundings {
  const [tag, body] = untag(statement)
  return effects[tag]?.(body, around, initial) ?? around
}

type Effect = (body: Node, around: Surroundings, initial: Surroundings) => Surroundings

const effects: Readonly<Record<string, Effect>> = {
  VariableSetStmt(body, around, initial) {
    if (body['kind'] === 'VAR_RESET_ALL') return { ...around, path: initial.path }
    if (body['name'] !== 'search_path') return around
    if (body['kind'] !== 'VAR_SET_VALUE') return { ...around, path: initial.path }
    return { ...around, path: pathOf(list(body['args'])) }
  },
  SelectStmt(body, around) {
    const into = isNode(body['intoClause']) ? body['intoClause'] : {}
    const path = setConfig(body)
    return made(path === undefined ? around : { ...around, path }, into['rel'])
  },
  CreateStmt: (body, around) => made(around, body['relation']),
  CreateSeqStmt: (body, around) => made(around, body['sequence']),
  CreateTableAsStmt: (body, around) => made(around, isNode(body['into']) ? body['into']['rel'] : undefined),
  // A view over a temporary table is one itself.
  ViewStmt: (body, around) => made(around, body['view'], namesTemporary(body['query'], around)),
  DropStmt: (body, around) => {
    const gone = list(body['objects'])
      .map((object) => words(object))
      .filter(({ length }) => length === 1)
    return without(around, gone.flat())
  },
  RenameStmt(body, around) {
    const relation = isNode(body['relation']) ? body['relation'] : {}
    const [name, renamed] = [text(relation['relname']) ?? '', text(body['newname']) ?? '']
    const isTable = ['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_SEQUENCE'].includes(
      text(body['renameType']) ?? '',
    )
    if (!isTable || relation['schemaname'] !== undefined || !around.temporary.has(name)) return around
    const rest = without(around, [name])
    return { ...rest, temporary: new Set([...rest.temporary, renamed]) }
  },
  DiscardStmt: (body, around, initial) =>
    body['target'] === 'DISCARD_ALL' ? initial : { ...around, temporary: initial.temporary },
}

function made(around: Surroundings, relation: unknown, isTemporary = false): Surroundings {
  if (!isNode(relation)) return around
  const body = untag(relation)[1]
  const name = text(body['relname'])
  const isTemp = isTemporary || body['relpersistence'] === 't' || body['schemaname'] === 'pg_temp'
  return name === undefined || !isTemp
    ? around
    : { ...around, temporary: new Set([...around.temporary, name]) }
}

function without(around: Surroundings, names: readonly string[]): Surroundings {
  return names.some((name) => around.temporary.has(name))
    ? { ...around, temporary: new Set([...around.temporary].filter((name) => !names.includes(name))) }
    : around
}

function namesTemporary(value: unknown, around: Surroundings): boolean {
  if (Array.isArray(value)) return value.some((item) => namesTemporary(item, around))
  if (!isNode(value)) return false
  const [tag, body] = untag(value)
  if (tag === 'RangeVar')
    return body['schemaname'] === undefined && around.temporary.has(text(body['relname']) ?? '')
  return Object.values(body).some((inner) => namesTemporary(inner, around))
}

function pathOf(args: readonly unknown[]): string[] {
  return args.flatMap((arg) => constant(arg) ?? []).filter((schema) => schema !== '')
}

/** `select set_config('search_path', 'a, b', …)` */
function setConfig(body: Node): string[] | undefined {
  for (const target of list(body['targetList'])) {
    const value = isNode(target) ? untag(target)[1]['val'] : undefined
    const [tag, call] = isNode(value) ? untag(value) : ['', {}]
    const args = list(call['args'])
    if (
      tag !== 'FuncCall' ||
      words(call['funcname']).at(-1) !== 'set_config' ||
      constant(args[0]) !== 'search_path'
    )
      continue
    return constant(args[1])
      ?.split(',')
      .map((schema) => schema.trim().replaceAll('"', ''))
      .filter((schema) => schema !== '')
  }
  return undefined
}

function constant(value: unknown): string | undefined {
  const [tag, body] = isNode(value) ? untag(value) : ['', {}]
  return tag === 'A_Const' && isNode(body['sval']) ? (text(body['sval']['sval']) ?? '') : undefined
}
