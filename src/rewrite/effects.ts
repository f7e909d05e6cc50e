import { isNode, list, text, untag, words, type Node } from '../sql/tree.ts'
import type { Surroundings } from './decide.ts'
import { derivedNames, indexName } from './derived.ts'
import { regTypes } from './reg.ts'
import { temporaryIn } from './temporary.ts'

/**
 * What names mean after a statement that may change it: SET search_path, relations that are made for the session or in
 * another schema, renamed and dropped, and the end of a transaction that takes all of that back.
 */
export function after(statement: Node, around: Surroundings, initial: Surroundings): Surroundings {
  const [tag, body] = untag(statement)
  return effects[tag]?.(body, around, initial) ?? around
}

type Effect = (body: Node, around: Surroundings, initial: Surroundings) => Surroundings

const effects: Readonly<Record<string, Effect>> = {
  TransactionStmt(body, around) {
    const { began } = around
    switch (body['kind']) {
      case 'TRANS_STMT_BEGIN':
      case 'TRANS_STMT_START':
        return { ...around, began: began ?? { around, isLocal: false } }
      case 'TRANS_STMT_ROLLBACK':
        return began?.around ?? around
      case 'TRANS_STMT_COMMIT':
        return committed(around)
      case 'TRANS_STMT_SAVEPOINT': {
        const savepoint = { name: text(body['savepoint_name']) ?? '', around }
        return { ...around, savepoints: [...(around.savepoints ?? []), savepoint] }
      }
      case 'TRANS_STMT_ROLLBACK_TO': {
        const { savepoints = [] } = around
        const at = savepoints.findLastIndex(({ name }) => name === body['savepoint_name'])
        return at < 0 ? around : { ...savepoints[at]!.around, savepoints: savepoints.slice(0, at + 1) }
      }
      default:
        return around
    }
  },
  VariableSetStmt(body, around, initial) {
    if (body['kind'] !== 'VAR_RESET_ALL' && body['name'] !== 'search_path') return around
    if (body['kind'] === 'VAR_SET_VALUE')
      return withPath(around, pathOf(list(body['args'])), body['is_local'] === true)
    return {
      ...withPath(around, initial.path, body['is_local'] === true),
      isPathWritten: initial.isPathWritten === true,
    }
  },
  SelectStmt(body, around) {
    const into = isNode(body['intoClause']) ? body['intoClause'] : {}
    const set = setConfig(body)
    return withMade(set === undefined ? around : withPath(around, set.path, set.isLocal), into['rel'])
  },
  CreateStmt: (body, around) =>
    dropping(withMade(around, body['relation'], list(body['tableElts'])), body['relation'], body['oncommit']),
  CreateForeignTableStmt: (body, around) =>
    withMade(around, isNode(body['base']) ? body['base']['relation'] : undefined),
  CreateSeqStmt: (body, around) => withMade(around, body['sequence']),
  CreateTableAsStmt(body, around) {
    const into = isNode(body['into']) ? body['into'] : {}
    return dropping(withMade(around, into['rel']), into['rel'], into['onCommit'])
  },
  // A view over a temporary table is one itself.
  ViewStmt: (body, around) => withMade(around, body['view'], [], namesTemporary(body['query'], around)),
  // An index is where its table is.
  IndexStmt: (body, around) => {
    const relation = isNode(body['relation']) ? body['relation'] : {}
    const table = text(relation['relname']) ?? ''
    return relation['schemaname'] === undefined && around.temporary.has(table)
      ? { ...around, temporary: new Set([...around.temporary, indexName(body)]) }
      : around
  },
  DropStmt: (body, around) => {
    const gone = list(body['objects']).map((object) => words(object))
    return without(
      around,
      gone.filter(({ length }) => length === 1).flatMap(([name]) => name!),
      gone.filter(({ length }) => length === 2),
    )
  },
  RenameStmt(body, around) {
    const relation = isNode(body['relation']) ? body['relation'] : {}
    const [name, renamed] = [text(relation['relname']) ?? '', text(body['newname']) ?? '']
    const isRelation = /^OBJECT_(?:TABLE|VIEW|MATVIEW|SEQUENCE|INDEX)$/.test(text(body['renameType']) ?? '')
    const schema = text(relation['schemaname'])
    if (!isRelation) return around
    if (schema !== undefined) {
      if (around.made?.has(`${schema}\0${name}`) !== true) return around
      const rest = without(around, [], [[schema, name]])
      return { ...rest, made: new Set([...(rest.made ?? []), `${schema}\0${renamed}`]) }
    }
    if (!around.temporary.has(name)) return around
    const rest = without(around, [name], [])
    return { ...rest, temporary: new Set([...rest.temporary, renamed]) }
  },
  AlterObjectSchemaStmt(body, around) {
    const relation = isNode(body['relation']) ? body['relation'] : {}
    const [name, schema] = [text(relation['relname']), text(body['newschema'])]
    if (name === undefined || schema === undefined) return around
    const from = text(relation['schemaname'])
    const rest = without(around, from === undefined ? [name] : [], from === undefined ? [] : [[from, name]])
    return { ...rest, made: new Set([...(rest.made ?? []), `${schema}\0${name}`]) }
  },
  CreateFunctionStmt(body, around) {
    const takes = list(body['parameters']).map((each) => {
      const type = isNode(each) ? untag(each)[1]['argType'] : undefined
      return regTypes[(isNode(type) ? words(type['names']).at(-1) : undefined) ?? '']
    })
    const name = words(body['funcname']).at(-1)
    return name === undefined || takes.every((of) => of === undefined)
      ? around
      : { ...around, takesNames: new Map([...(around.takesNames ?? []), [name, takes]]) }
  },
  // What a block makes for the session is there after it.
  DoStmt(body, around) {
    const args = list(body['args']).map((each) => (isNode(each) ? untag(each)[1]['arg'] : undefined))
    const source = args.map((arg) => (isNode(arg) ? (text(untag(arg)[1]['sval']) ?? '') : '')).join('\n')
    const names = temporaryIn(source)
    const until = /\bon\s+commit\s+drop\b/i.test(source) ? names : []
    return {
      ...around,
      temporary: new Set([...around.temporary, ...names]),
      untilCommit: new Set([...(around.untilCommit ?? []), ...until]),
    }
  },
  DiscardStmt: (body, around, initial) =>
    body['target'] === 'DISCARD_ALL'
      ? newSession(around, initial)
      : { ...around, temporary: initial.temporary },
}

/** What is for the session only is gone; what else was made is there. */
export function newSession({ made, takesNames }: Surroundings, initial: Surroundings): Surroundings {
  return {
    ...initial,
    ...(made === undefined ? {} : { made }),
    ...(takesNames === undefined ? {} : { takesNames }),
  }
}

function withPath(around: Surroundings, path: readonly string[], isLocal: boolean): Surroundings {
  const { began } = around
  if (!isLocal) return { ...around, path, isPathWritten: true }
  // Outside of a transaction SET LOCAL does nothing.
  if (began === undefined) return around
  return { ...around, path, isPathWritten: true, began: { ...began, isLocal: true } }
}

function committed({ began, untilCommit, ...around }: Surroundings): Surroundings {
  const before = began?.isLocal === true ? began.around : around
  return {
    ...around,
    path: before.path,
    isPathWritten: before.isPathWritten === true,
    temporary: new Set([...around.temporary].filter((name) => untilCommit?.has(name) !== true)),
    savepoints: [],
  }
}

/** Where no transaction was begun, the text is in one that was begun elsewhere. */
function dropping(around: Surroundings, relation: unknown, onCommit: unknown): Surroundings {
  const name = isNode(relation) ? text(relation['relname']) : undefined
  return name === undefined || onCommit !== 'ONCOMMIT_DROP'
    ? around
    : { ...around, untilCommit: new Set([...(around.untilCommit ?? []), name]) }
}

function withMade(
  around: Surroundings,
  relation: unknown,
  elements: readonly unknown[] = [],
  isTemporary = false,
): Surroundings {
  if (!isNode(relation)) return around
  const body = untag(relation)[1]
  const [name, schema] = [text(body['relname']), text(body['schemaname']) ?? around.path[0]]
  if (name === undefined) return around
  if (isTemporary || body['relpersistence'] === 't' || schema === 'pg_temp')
    return {
      ...around,
      temporary: new Set([...around.temporary, name, ...derivedNames(name, elements)]),
    }
  return schema === undefined
    ? around
    : { ...around, made: new Set([...(around.made ?? []), `${schema}\0${name}`]) }
}

function without(
  around: Surroundings,
  names: readonly string[],
  qualified: readonly (readonly string[])[],
): Surroundings {
  const temporary = names.filter((name) => around.temporary.has(name))
  // A name without a schema is the first that the path finds, with PostgreSQL's own schema before it.
  const found = names
    .filter((name) => !around.temporary.has(name))
    .flatMap((name) => {
      const keys = ['pg_catalog', ...around.path].map((schema) => `${schema}\0${name}`)
      return keys.find((key) => around.made?.has(key)) ?? []
    })
  const gone = [...found, ...qualified.map(([schema, name]) => `${schema}\0${name}`)]
  return {
    ...around,
    temporary: new Set([...around.temporary].filter((name) => !temporary.includes(name))),
    made: new Set([...(around.made ?? [])].filter((key) => !gone.includes(key))),
  }
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
function setConfig(body: Node): { path: string[]; isLocal: boolean } | undefined {
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
    const path = constant(args[1])
    if (path === undefined) return undefined
    const names = path.split(',').map((schema) => schema.trim().replaceAll('"', ''))
    return {
      path: names.filter((schema) => schema !== ''),
      isLocal: /"boolval":true/.test(JSON.stringify(args[2])),
    }
  }
  return undefined
}

function constant(value: unknown): string | undefined {
  const [tag, body] = isNode(value) ? untag(value) : ['', {}]
  return tag === 'A_Const' && isNode(body['sval']) ? (text(body['sval']['sval']) ?? '') : undefined
}
