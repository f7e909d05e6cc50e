import { lex } from '../sql/lexer.ts'
import type { Parser } from '../sql/parser.ts'
import { splitStatements } from '../sql/split.ts'
import type { Node } from '../sql/tree.ts'
import { readLiteral } from './literal.ts'
import { embedded } from './plpgsql.ts'

/** The functions of a body in PL/pgSQL, of which `statement` is the CREATE FUNCTION or DO. */
export function parsedFunctions(
  parser: Parser,
  statement: string,
  body: string,
): { readonly functions: readonly Node[] } | { readonly unparsable: string } {
  const synthetic = (result: string): string => {
    const tag = body.includes('$body$') ? '$migrate_body$' : '$body$'
    return `create function f() returns ${result} language plpgsql as ${tag}${body}${tag}`
  }
  let problem = ''
  const others = ['trigger', 'void', 'int', 'setof int'].map(synthetic)
  const texts = [statement, withoutColumnTypes(statement), ...others]
  for (const text of [...texts, ...texts.map(withRecords)]) {
    const parsed = parser.parseBody(text)
    if ('functions' in parsed) return parsed
    problem ||= parsed.unparsable
  }
  return { unparsable: problem }
}

/** The SQL that a body runs, statement by statement, or why it cannot be told. */
export interface EmbeddedSql {
  readonly statements: readonly string[]
  /** Why some of it is not known before it runs. */
  readonly unknown?: string
}

/** Takes the SQL out of a body; of what EXECUTE is given, that which is one constant string. */
export function sqlIn(
  parser: Parser,
  { language, definition, source }: { language: string; definition: string; source: string },
): EmbeddedSql {
  if (language === 'sql') return { statements: splitStatements(source) }
  if (language !== 'plpgsql') return { statements: [], unknown: `it is in ${language}` }
  const parsed = parsedFunctions(parser, definition, source)
  if ('unparsable' in parsed) return { statements: [], unknown: parsed.unparsable }
  const found = parsed.functions.map((fn) => embedded(fn, source))
  const parts = found.flatMap((each) => each.embedded)
  const given = parts.filter(({ isDynamic }) => isDynamic).map(({ sql }) => constantIn(sql))
  return {
    statements: [
      ...found.flatMap(({ lost }) => lost),
      ...parts.filter(({ isDynamic }) => !isDynamic).map(({ sql }) => sql),
      ...given.flatMap((text) => (text === undefined ? [] : splitStatements(text))),
    ],
    ...(given.includes(undefined) ? { unknown: 'it executes SQL that is made while it runs' } : {}),
  }
}

/** The text of `SELECT '…'`, the form in which the parser gives an expression. */
function constantIn(sql: string): string | undefined {
  const [, string, ...more] = lex(sql)
  return string?.kind === 'string' && more.length === 0 ? readLiteral(sql, string)?.inner : undefined
}

/** The parser does not know types that are those of columns in the head of a function. */
function withoutColumnTypes(statement: string): string {
  const name = String.raw`(?:"[^"]*"|[\w$\u0080-\uffff]+)`
  return statement.replaceAll(new RegExp(String.raw`${name}(?:\s*\.\s*${name})+\s*%\s*type\b`, 'gi'), 'int')
}

/** The parser knows no fields of a variable that is declared as a row of a table; those of a record are any. */
function withRecords(statement: string): string {
  const name = String.raw`(?:"[^"]*"|[\w$\u0080-\uffff]+)`
  return statement.replaceAll(
    new RegExp(String.raw`${name}(?:\s*\.\s*${name})*\s*%\s*rowtype\b`, 'gi'),
    (all) => 'record'.concat('\n'.repeat(all.split('\n').length - 1)),
  )
}
