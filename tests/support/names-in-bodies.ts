import type { Parser } from '../../src/sql/parser.ts'
import { isNode, list, text, untag, words, type Node } from '../../src/sql/tree.ts'

/** Names without a schema in the body of a function, given its whole CREATE FUNCTION: those that a search_path would decide on. */
export function unqualifiedNames(parser: Parser, definition: string): string[] {
  const parsed = parser.parse(definition)
  if ('unparsable' in parsed) return [`cannot be read: ${parsed.unparsable}`]
  const create = parsed.statements.flatMap(({ tree }) => {
    const [tag, body] = untag(tree)
    return tag === 'CreateFunctionStmt' ? [body] : []
  })
  return [...new Set(create.flatMap((each) => ofFunction(parser, definition, each)))]
}

function ofFunction(parser: Parser, definition: string, create: Node): string[] {
  const option = (name: string): unknown =>
    list(create['options']).flatMap((each) => {
      const [, body] = untag(each as Node)
      return body['defname'] === name ? [body['arg']] : []
    })[0]
  if (create['sql_body'] !== undefined) return names(create['sql_body'])
  const language = text(untag(option('language') as Node)[1]['sval'])
  if (language !== 'plpgsql') return words(option('as')).flatMap((body) => ofStatement(parser, body))
  const body = parser.parseBody(definition)
  return 'unparsable' in body
    ? [`cannot be read: ${body.unparsable}`]
    : body.functions.flatMap((fn) => ofPlpgsql(parser, fn))
}

/** Every expression and statement in a body of PL/pgSQL, and the types of its variables. */
function ofPlpgsql(parser: Parser, value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => ofPlpgsql(parser, each))
  if (!isNode(value)) return []
  const query = text(value['query'])
  if (query !== undefined) {
    const isStatement = (value['parseMode'] ?? 0) === 0
    const expression = query.replace(/^\s*[\w."]+\s*:=/, '')
    return ofStatement(parser, isStatement ? query : `select ${expression}`)
  }
  const type = text(value['typname'])
  const own = type !== undefined && value['dtype'] === undefined && isBare(type) ? [`type ${type}`] : []
  return [...own, ...Object.values(value).flatMap((each) => ofPlpgsql(parser, each))]
}

/** Types that the parser gives to variables that it makes itself; in pg_catalog, the path’s first schema, all of them. */
const builtIn = new Set([
  'record',
  'unknown',
  'void',
  'trigger',
  'event_trigger',
  'bigint',
  'boolean',
  'integer',
  'smallint',
  'name',
  'oid',
  'jsonb',
  'text',
])

function isBare(type: string): boolean {
  const name = type.trim().toLowerCase().replace(/\[\]$/, '')
  return !name.includes('.') && !name.startsWith('"') && !builtIn.has(name)
}

function ofStatement(parser: Parser, sql: string): string[] {
  const parsed = parser.parse(sql)
  return 'unparsable' in parsed
    ? [`cannot be read: ${sql}`]
    : parsed.statements.flatMap(({ tree }) => names(tree))
}

function names(value: unknown, known: ReadonlySet<string> = new Set()): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => names(each, known))
  if (!isNode(value)) return []
  const [tag, body] = untag(value)
  const common = list((body['withClause'] as Node | undefined)?.['ctes']).flatMap(
    (each) => text(untag(each as Node)[1]['ctename']) ?? [],
  )
  const inside = common.length === 0 ? known : new Set([...known, ...common])
  return [
    ...own(tag, body, inside),
    ...Object.values(tag === '' ? value : body).flatMap((each) => names(each, inside)),
  ]
}

function own(tag: string, body: Node, known: ReadonlySet<string>): string[] {
  switch (tag) {
    case 'RangeVar': {
      const name = text(body['relname']) ?? ''
      return body['schemaname'] === undefined && !known.has(name) ? [`relation ${name}`] : []
    }
    case 'FuncCall': {
      const name = words(body['funcname'])
      return name.length === 1 ? [`function ${name.join('.')}`] : []
    }
    case 'TypeName': {
      const name = words(body['names'])
      return name.length === 1 ? [`type ${name.join('.')}`] : []
    }
    case 'TypeCast': {
      // A name in a text is looked up, too.
      const type = words((body['typeName'] as Node | undefined)?.['names']).at(-1) ?? ''
      const constant = untag(body['arg'] as Node)
      const value = text((constant[1]['sval'] as Node | undefined)?.['sval'])
      return /^reg/.test(type) && value !== undefined && !value.includes('.') ? [`${type} ${value}`] : []
    }
    default:
      return []
  }
}
