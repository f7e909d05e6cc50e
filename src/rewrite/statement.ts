import { ident } from '../pg/quoting.ts'
import { isMark, isName, lex, type Token } from '../sql/lexer.ts'
import type { Offsets } from '../sql/offsets.ts'
import type { Statement } from '../sql/parser.ts'
import { isNode, text, untag } from '../sql/tree.ts'
import { decide, type Surroundings } from './decide.ts'
import { after } from './effects.ts'
import { dottedName, readLiteral } from './literal.ts'
import type { Edit, Mention } from './mention.ts'
import type { Moves } from './moves.ts'
import type { Site, TextSite } from './site.ts'
import { sqlFunctions } from './sql-functions.ts'
import { bodyOf, rewriteBody, rewriteString } from './body.ts'
import { overlaps, type Context, type Hole, type Outcome, type RewriteSql } from './context.ts'
import { findSites } from './walk.ts'

/** A text with its tokens, of which some belong to one statement. */
export interface Source {
  readonly text: string
  readonly tokens: readonly Token[]
  readonly offsets: Offsets
}

/** Decides every place of one statement in which the name of something that moves is written. */
export function rewriteStatement(
  context: Context,
  source: Source,
  statement: Statement,
  rewriteSql: RewriteSql,
): Outcome {
  const work = new StatementRewriter(source, statement, context)
  work.names()
  const [tag, node] = untag(statement.tree)
  const inner = { ...context, holes: [] }
  const body = tag === 'CreateFunctionStmt' || tag === 'DoStmt' ? bodyOf(tag, node, work.tokens) : undefined
  if (body !== undefined) work.take(body.token, rewriteBody(inner, work.text, source.text, body, rewriteSql))
  for (const token of work.sqlArguments()) {
    const found = rewriteString(inner, source.text, token, rewriteSql)
    if (found !== undefined) work.take(token, found)
  }
  return work.outcome()
}

class StatementRewriter {
  readonly #source: Source
  readonly #statement: Statement
  readonly #moves: Moves
  readonly #around: Surroundings
  readonly #holes: readonly Hole[] | undefined
  readonly #tokens: readonly Token[]
  readonly #edits: Edit[] = []
  readonly #mentions = new Map<number, Mention>()
  readonly #nested: Mention[] = []
  /** Where strings begin that were read. */
  readonly #read = new Set<number>()

  constructor(source: Source, statement: Statement, { moves, around, holes }: Context) {
    this.#source = source
    this.#statement = statement
    this.#moves = moves
    this.#around = around
    this.#holes = holes
    const from = source.offsets(statement.start)
    const to =
      statement.length === 0 ? source.text.length : source.offsets(statement.start + statement.length)
    this.#tokens = source.tokens.filter(({ start }) => start >= from && start < to)
  }

  /** The strings that functions are given to run. */
  sqlArguments(): Token[] {
    const { runsSql = sqlFunctions } = this.#around
    return findSites(this.#statement.tree).texts.flatMap(({ meaning, argumentOf, at, value }) => {
      if (meaning !== 'sql' || argumentOf === undefined || !('byte' in at)) return []
      if (runsSql !== 'all' && !runsSql.has(argumentOf)) return []
      const token = this.#tokens[this.#at(at.byte)]
      const isIt = token?.kind === 'string' && readLiteral(this.#source.text, token)?.inner === value
      return isIt && !this.#mentions.has(token.start) ? [token] : []
    })
  }

  get tokens(): readonly Token[] {
    return this.#tokens
  }

  /** The statement's own text. */
  get text(): string {
    const [first, last] = [this.#tokens[0], this.#tokens.at(-1)]
    return first === undefined ? '' : this.#source.text.slice(first.start, last!.end)
  }

  /** Takes over what was found in a string of the statement. */
  take({ start }: Token, { edits, mentions }: Outcome): void {
    this.#edits.push(...edits)
    this.#nested.push(...mentions)
    this.#read.add(start)
  }

  names(): void {
    const { sites, texts, unknown } = findSites(this.#statement.tree)
    // Those with a place first, so that the others are not looked for where these are.
    for (const site of sites) if ('byte' in site.at) this.#place(site, this.#at(site.at.byte))
    for (const site of sites)
      if ('search' in site.at) this.#place(site, this.#search(site.at.search, site.at.isLast === true))
    for (const each of texts) this.#nameInText(each)
    for (const { at } of unknown) {
      const token = this.#tokens[this.#at(at.byte)]
      if (token !== undefined && !this.#mentions.has(token.start))
        this.#mentions.set(token.start, {
          ...{ kind: 'undecided', name: '', start: token.start, end: token.end },
          reason: 'a name that is known only when it runs',
        })
    }
    this.#newSchema()
  }

  /** ALTER TABLE … SET SCHEMA back to where it has moved from. */
  #newSchema(): void {
    const [tag, body] = untag(this.#statement.tree)
    const relation = isNode(body['relation']) ? text(body['relation']['relname']) : undefined
    const schema = text(body['newschema'])
    if (tag !== 'AlterObjectSchemaStmt' || relation === undefined || schema === undefined) return
    const move = this.#moves.find('relation', schema, relation)
    const written = this.#tokens.findLast(isName)
    if (move === undefined || written === undefined) return
    this.#edits.push({ start: written.start, end: written.end, text: ident(move.target) })
  }

  outcome(): Outcome {
    this.#classifyRest()
    const mentions = [...this.#mentions.values(), ...this.#nested].toSorted((a, b) => a.start - b.start)
    return { edits: this.#edits, mentions }
  }

  /** The index of the token that begins at a byte. */
  #at(byte: number): number {
    const start = this.#source.offsets(byte)
    return this.#tokens.findIndex((token) => token.start === start)
  }

  /** The index of the first, or last, token of a dotted name that no other site has taken. */
  #search(words: readonly string[], isLast: boolean): number {
    const isFree = (token: Token, index: number): boolean =>
      !this.#mentions.has(token.start) && isName(token) && this.#matches(index, words)
    return isLast ? this.#tokens.findLastIndex(isFree) : this.#tokens.findIndex(isFree)
  }

  #matches(index: number, words: readonly string[]): boolean {
    if (isMark(this.#tokens[index - 1], '.')) return false
    return words.every((word, n) => {
      const token = this.#tokens[index + 2 * n]
      const dot = n === 0 ? undefined : this.#tokens[index + 2 * n - 1]
      return token !== undefined && isName(token) && token.value === word && (n === 0 || isMark(dot, '.'))
    })
  }

  #place(site: Site, index: number): void {
    const written = this.#tokens[index]
    const last = this.#tokens[index + 2 * (site.words.length - 1)]
    if (
      written !== undefined &&
      last !== undefined &&
      overlaps(this.#holes, { ...last, start: written.start })
    ) {
      if (site.class === 'relation')
        this.#mention(last, 'undecided', 'the name of a relation is put together at run time')
      return
    }
    const around =
      site.isMade === true ? after(this.#statement.tree, this.#around, this.#around) : this.#around
    const decision = decide(site, this.#moves, around)
    if (decision.kind === 'other') {
      if (index >= 0 && this.#moves.names.has(site.words.at(-1)!) && this.#matches(index, site.words))
        this.#mention(this.#tokens[index + 2 * (site.words.length - 1)]!, 'kept', 'of another schema')
      return
    }
    if (index < 0 || !this.#matches(index, site.words)) {
      this.#mentions.set(-1 - this.#mentions.size, {
        kind: 'undecided',
        name: site.words.at(-1)!,
        start: this.#tokens[0]?.start ?? 0,
        end: this.#tokens.at(-1)?.end ?? 0,
        reason: 'the parser does not tell where it is written',
      })
      return
    }
    const name = this.#tokens[index + 2 * (site.words.length - 1)]!
    if (this.#mentions.has(name.start)) return
    if (decision.kind === 'keep') this.#mention(name, 'kept', decision.reason)
    else {
      const schema = site.words.length === 1 ? undefined : this.#tokens[index + 2 * (site.words.length - 2)]!
      const target = ident(decision.target)
      this.#edits.push(
        schema === undefined
          ? { start: name.start, end: name.start, text: `${target}.` }
          : { start: schema.start, end: schema.end, text: target },
      )
      this.#mention(name, 'rewritten', '')
    }
  }

  #mention({ start, end, value }: Token, kind: Mention['kind'], reason: string): void {
    this.#mentions.set(start, { kind, name: value, start, end, reason })
  }

  /** A string that is a name, as the input of regclass is. */
  #nameInText(site: TextSite): void {
    const { value, at } = site
    const meaning = this.#meaningOf(site)
    if (!('byte' in at) || meaning === 'sql') return
    const token = this.#tokens[this.#at(at.byte)]
    const literal = token?.kind === 'string' ? readLiteral(this.#source.text, token) : undefined
    if (token === undefined || literal?.inner !== value || this.#mentions.has(token.start)) return
    const inner = dottedName(literal.inner, meaning)
    const words = inner.filter(isName).map((each) => each.value)
    if (words.length === 0 || words.length > 3) return
    const named: Site = { class: meaning, words, hidden: new Set(), at: { search: [] } }
    const decision = decide(named, this.#moves, this.#around)
    if (decision.kind === 'other') return
    const name = { ...token, value: words.at(-1)! }
    const isFound = decision.kind === 'rewrite' && this.#around.path.includes(decision.target)
    if (decision.kind === 'keep' || (site.isOutput === true && isFound)) {
      this.#mention(name, 'kept', decision.kind === 'keep' ? decision.reason : 'found by search_path')
      return
    }
    const target = literal.encode(ident(decision.target))
    const schema = words.length === 1 ? undefined : inner[2 * (words.length - 2)]!
    const start = literal.outer((schema ?? inner[0]!).start)
    this.#edits.push(
      schema === undefined
        ? { start, end: start, text: `${target}.` }
        : { start, end: literal.outer(schema.end), text: target },
    )
    this.#mention(name, 'rewritten', '')
  }

  /** What a string is: also where a function of the script is given it as a name. */
  #meaningOf({ meaning, argumentOf, argument }: TextSite): TextSite['meaning'] {
    if (meaning !== 'sql' || argumentOf === undefined) return meaning
    return this.#around.takesNames?.get(argumentOf)?.[argument ?? 0] ?? meaning
  }

  /** Whatever else is spelled like something that moves: names that are none of a table, and words in strings. */
  #classifyRest(): void {
    for (const token of this.#tokens) {
      if (this.#mentions.has(token.start) || this.#read.has(token.start)) continue
      if (isName(token)) {
        if (this.#moves.names.has(token.value))
          this.#mention(token, 'kept', 'a column, an alias or another name')
      } else if (token.kind === 'string') {
        const inner =
          readLiteral(this.#source.text, token)?.inner ?? this.#source.text.slice(token.start, token.end)
        const name = lex(inner).find((word) => isName(word) && this.#moves.names.has(word.value))?.value
        if (name !== undefined)
          this.#mention({ ...token, value: name }, 'undecided', 'a string that may hold it as a name')
      }
    }
  }
}
