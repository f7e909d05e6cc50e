import { lex, type Token } from '../sql/lexer.ts'

/** May the text make something temporary, or forget what is? */
const isAboutTemporary = /\btemp(?:orary)?\b|\bpg_temp\b|\brename\b|\bdiscard\b/i
const isAboutPath = /\bsearch_path\b/i

/**
 * What a session has made of names that also move: temporary relations, which are found first. They are forgotten with
 * DISCARD alone: a name that is taken for temporary too long makes a statement fail, one that is not, change other rows.
 */
export class SessionState {
  #temporary: ReadonlySet<string> = new Set()
  /** Was anything temporary made, of whatever name? */
  #hasMade = false

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
      this.#hasMade = false
      return
    }
    const made = tokens.flatMap((_token, at) => madeAt(tokens, at) ?? [])
    this.#hasMade ||= made.length > 0
    const found = this.#hasMade ? [...made, ...newNames(tokens)] : []
    const held = found.filter(holds)
    if (held.length > 0) this.#temporary = new Set([...this.#temporary, ...held])
  }
}

/** What may stand between CREATE or TEMPORARY and the name. */
const between = new Set(['table', 'view', 'recursive', 'sequence', 'if', 'not', 'exists'])

const making = new Set(['create', 'replace', 'temp', 'temporary'])

/** The name of what is made temporary by the word at a place: TEMPORARY, or the schema of such things. */
function madeAt(tokens: readonly Token[], at: number): string | undefined {
  const { kind, value } = tokens[at]!
  if (value === 'pg_temp') {
    let before = at - 1
    while (between.has(tokens[before]?.value ?? '')) before -= 1
    const verb = tokens[before]?.value ?? ''
    const isMade =
      making.has(verb) || (verb === 'into' && !['insert', 'merge'].includes(tokens[before - 1]?.value ?? ''))
    return isMade ? tokens[at + 2]?.value : undefined
  }
  if (kind !== 'word' || (value !== 'temp' && value !== 'temporary')) return undefined
  let after = at + 1
  while (between.has(tokens[after]?.value ?? '')) after += 1
  return tokens[after]?.value
}

/** Names that RENAME TO gives. Whether to something temporary is not looked for: names of all such things would only grow. */
function newNames(tokens: readonly Token[]): string[] {
  return tokens.flatMap(({ value }, at) =>
    value === 'rename' && tokens[at + 1]?.value === 'to' ? [tokens[at + 2]?.value ?? ''] : [],
  )
}

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
