import { pieceAt } from '../sql/lexer.ts'

const variable = /:(?:'[A-Za-z_][A-Za-z_0-9]*'|"[A-Za-z_][A-Za-z_0-9]*"|[A-Za-z_][A-Za-z_0-9]*)/y

/**
 * A statement in which variables of psql (`:name`, `:'name'`, `:"name"`) are words as long that the grammar takes. A cast
 * (`::`) and the bounds of a slice are none of them.
 */
export function maskVariables(sql: string): string {
  let result = ''
  for (let at = 0; at < sql.length;) {
    variable.lastIndex = at
    if (sql[at] === ':' && sql[at - 1] !== ':' && variable.test(sql)) {
      const written = sql.slice(at, variable.lastIndex)
      result +=
        written[1] === "'" ? `'${'q'.repeat(written.length - 2)}'` : `q${'q'.repeat(written.length - 1)}`
      at = variable.lastIndex
      continue
    }
    const { end } = pieceAt(sql, at)
    // The colon of a cast is taken with the other.
    result += sql.slice(at, end)
    at = end
  }
  return result
}
