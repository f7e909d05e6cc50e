import { pieceAt } from '../sql/lexer.ts'
import type { Mention } from './mention.ts'

const variable = /:(?:'[A-Za-z_][A-Za-z_0-9]*'|"[A-Za-z_][A-Za-z_0-9]*"|[A-Za-z_][A-Za-z_0-9]*)/y

/**
 * Where variables of psql (`:name`, `:'name'`, `:"name"`) stand in a statement. A cast (`::`) and the bounds of a slice are none
 * of them.
 */
function variablesIn(sql: string): { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = []
  for (let at = 0; at < sql.length;) {
    variable.lastIndex = at
    if (sql[at] === ':' && sql[at - 1] !== ':' && variable.test(sql)) {
      found.push({ start: at, end: variable.lastIndex })
      at = variable.lastIndex
    }
    // The colon of a cast is taken with the other.
    else at = pieceAt(sql, at).end
  }
  return found
}

/** A statement in which variables are words as long that the grammar takes. */
export function maskVariables(sql: string): string {
  let result = ''
  let at = 0
  for (const { start, end } of variablesIn(sql)) {
    const isString = sql[start + 1] === "'"
    const mask = isString ? `'${'q'.repeat(end - start - 2)}'` : 'q'.repeat(end - start)
    result += sql.slice(at, start) + mask
    at = end
  }
  return result + sql.slice(at)
}

/** Relations of which a variable is the name, or the schema: `from :t`, `:schema.users`. */
export function variableRelations(sql: string, names: ReadonlySet<string>): Mention[] {
  return variablesIn(sql).flatMap(({ start, end }): Mention[] => {
    if (sql[start + 1] === "'") return []
    const behind = /^\s*\.\s*(?:"([^"]+)"|([\p{L}_][\p{L}\d_$]*)|(:))/u.exec(sql.slice(end, end + 200))
    const name = behind?.[1] ?? behind?.[2]?.toLowerCase()
    if (name !== undefined) {
      const to = end + behind![0].length
      return names.has(name) ? [undecided(name, start, to, 'its schema is a variable of psql')] : []
    }
    return behind === null && inRelationPosition.test(sql.slice(Math.max(0, start - 60), start))
      ? [undecided('', start, end, 'the relation is a variable of psql')]
      : []
  })
}

const inRelationPosition = /\b(?:from|join|into|update|truncate|table|only)\s+(?:[\w"]+\s*\.\s*)?$/i

function undecided(name: string, start: number, end: number, reason: string): Mention {
  return { kind: 'undecided', name, start, end, reason }
}
