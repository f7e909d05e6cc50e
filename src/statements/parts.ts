import { interpret } from '../computed/interpret.ts'
import { relationsIn } from '../computed/names.ts'
import { unknownPart, type Value } from '../computed/value.ts'
import { bodyOf as stringBody } from '../rewrite/body.ts'
import { parsedFunctions } from '../rewrite/parsed-functions.ts'
import { statementsOf, type BodyStatement } from '../rewrite/plpgsql.ts'
import { lex } from '../sql/lexer.ts'
import type { Parser } from '../sql/parser.ts'
import type { Node } from '../sql/tree.ts'

/** A place of a body of which nobody can say beforehand what it runs. */
export interface Unjudged {
  readonly line: number
  readonly reason: string
}

/** The statements of a body, each with its line. */
export interface Parts {
  readonly statements: readonly BodyStatement[]
  readonly unjudged: readonly Unjudged[]
}

export interface BodyText {
  readonly language: string
  readonly source: string
  /** The statement that holds it. */
  readonly definition: string
}

/** Every statement that a body has the server run: those that are written in it, and those that it puts together of constants. */
export function partsOf(parser: Parser, body: BodyText): Parts {
  switch (body.language) {
    case 'sql':
      return ofSql(parser, body.source)
    case 'plpgsql':
      return ofPlpgsql(parser, body)
    default:
      return nothing(`a body in ${body.language}`)
  }
}

/** The same for the body of a DO. */
export function partsOfDo(parser: Parser, sql: string, tag: string, node: Node): Parts {
  const found = stringBody(tag, node, lex(sql))
  return found === undefined ? nothing('DO') : partsOf(parser, { ...found, definition: sql })
}

function nothing(reason: string): Parts {
  return { statements: [], unjudged: [{ line: 1, reason }] }
}

function ofSql(parser: Parser, source: string): Parts {
  const parsed = parser.parse(source)
  if ('unparsable' in parsed) return nothing(`it does not parse: ${parsed.unparsable}`)
  const bytes = Buffer.from(source)
  const statements = parsed.statements.map(({ start, length }) => {
    const text = bytes.subarray(start, length === 0 ? undefined : start + length).toString()
    const before = bytes.subarray(0, start).toString() + /^\s*/.exec(text)![0]
    return { sql: text.trim(), line: before.split('\n').length }
  })
  return { statements, unjudged: [] }
}

function ofPlpgsql(parser: Parser, { source, definition }: BodyText): Parts {
  const parsed = parsedFunctions(parser, definition, source)
  if ('unparsable' in parsed) return nothing(`it does not parse: ${parsed.unparsable}`)
  const found = parsed.functions.map((fn) => ofFunction(parser, fn))
  return {
    statements: found.flatMap(({ statements }) => statements),
    unjudged: found.flatMap(({ unjudged }) => unjudged),
  }
}

/** Of the table of a trigger nothing is known here: what it makes of that is looked at for each trigger. */
const anyTable = { schema: unknownPart, name: unknownPart, printed: unknownPart, arguments: [] }

function ofFunction(parser: Parser, fn: Node): Parts {
  const executed = interpret(parser, fn, anyTable)
    .filter(({ kind }) => kind === 'executed')
    .flatMap(({ line, values }) => values.map((value) => ({ line, value })))
  return {
    statements: [
      ...statementsOf(fn),
      ...executed.flatMap(({ line, value }) => {
        const sql = sqlOf(parser, value)
        return sql === undefined ? [] : [{ line, sql }]
      }),
    ],
    unjudged: executed
      .filter(({ value }) => !namesAreKnown(parser, value))
      .map(({ line }) => ({ line, reason: 'EXECUTE of SQL that it puts together as it runs' })),
  }
}

function namesAreKnown(parser: Parser, value: Value): boolean {
  const names = value?.is === 'text' ? relationsIn(parser, value.text) : undefined
  return names?.includes(undefined) === false
}

const hole = 'migrate_hole'

/** What stands where only running tells: a name, a value, nothing, more of a condition. */
const masks = [hole, '1', `'q'`, '', `${hole} int`, ' and true', ', 1']

/** A text for EXECUTE with something in place of what is not known; undefined where it makes no statement. */
function sqlOf(parser: Parser, value: Value): string | undefined {
  if (value?.is !== 'text') return undefined
  return masks
    .map((mask) => value.text.replaceAll(unknownPart, mask))
    .find((sql) => {
      const parsed = parser.parse(sql)
      return 'statements' in parsed && parsed.statements.length > 0
    })
}
