import { Parser } from '../sql/parser.ts'
import { untag } from '../sql/tree.ts'

/** Kinds of statements that give rows and do nothing else; a SELECT that writes the read-only transaction refuses. */
const reading: readonly string[] = ['SelectStmt', 'VariableShowStmt', 'ExplainStmt']

/** Why a text is not one statement that reads; undefined for one that is. */
export async function notReading(sql: string): Promise<string | undefined> {
  const parser = await Parser.shared()
  const parsed = parser.parse(sql)
  if ('unparsable' in parsed) {
    // The grammar of a newer server knows more.
    const looksReading = /^\s*(\(|select|values|table|with|show|explain)\b/i.test(sql)
    return looksReading ? undefined : parsed.unparsable
  }
  const { statements } = parsed
  if (statements.length !== 1) return `it is ${statements.length} statements and not one`
  const [kind] = untag(statements[0]!.tree)
  return reading.includes(kind)
    ? undefined
    : 'it is not a statement that reads (SELECT, VALUES, TABLE, WITH, SHOW, EXPLAIN)'
}
