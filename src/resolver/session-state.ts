import { lex } from '../sql/lexer.ts'

/** May the text make something temporary, or forget what is? */
const isAboutTemporary = /\btemp(?:orary)?\b|\bdiscard\b/i
const isAboutPath = /\bsearch_path\b/i

/**
 * What a session has made of names that also move: temporary relations, which are found first. They are forgotten with
 * DISCARD alone: a name that is taken for temporary too long makes a statement fail, one that is not, change other rows.
 */
export class SessionState {
  #temporary: ReadonlySet<string> = new Set()

  get temporary(): ReadonlySet<string> {
    return this.#temporary
  }

  /** To be told of every statement once it is rewritten; says whether it changes where names are looked up. */
  note(sql: string, holds: (name: string) => boolean): boolean {
    if (isAboutTemporary.test(sql)) this.#noteTemporary(sql, holds)
    return isAboutPath.test(sql) && changesPath(sql)
  }

  #noteTemporary(sql: string, holds: (name: string) => boolean): void {
    const tokens = lex(sql)
    if (tokens[0]?.value === 'discard' && ['all', 'temp', 'temporary'].includes(tokens[1]?.value ?? '')) {
      this.#temporary = new Set()
      return
    }
    const found = tokens.flatMap(({ value, kind }, at) => {
      if (kind !== 'word' || (value !== 'temp' && value !== 'temporary')) return []
      let next = at + 1
      while (between.has(tokens[next]?.value ?? '')) next += 1
      const name = tokens[next]?.value
      return name !== undefined && holds(name) ? [name] : []
    })
    if (found.length > 0) this.#temporary = new Set([...this.#temporary, ...found])
  }
}

/** What may stand between TEMPORARY and the name. */
const between = new Set(['table', 'view', 'recursive', 'sequence', 'if', 'not', 'exists'])

/** SET search_path, or a call of set_config for it. */
function changesPath(sql: string): boolean {
  return lex(sql).some(
    ({ value, kind }, at, tokens) =>
      kind === 'word' &&
      ((value === 'search_path' &&
        ['set', 'session', 'local', 'reset'].includes(tokens[at - 1]?.value ?? '')) ||
        value === 'set_config'),
  )
}
