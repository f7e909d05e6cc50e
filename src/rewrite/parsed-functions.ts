import type { Parser } from '../sql/parser.ts'
import type { Node } from '../sql/tree.ts'

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
