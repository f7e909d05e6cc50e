import { createHash } from 'node:crypto'
import { MigrateError } from '../errors/migrate-error.ts'
import type { Move, Moves } from '../rewrite/moves.ts'
import type { RewriteResult } from '../rewrite/rewrite.ts'
import { isTooDeep } from './depth.ts'
import { patternOf } from './holds-name.ts'
import { LeastRecent } from './least-recent.ts'
import type { Parts } from './load-parts.ts'
import { longTexts } from './long-texts.ts'
import { usesNew, type Mapping } from './mapping.ts'
import type { OnProblem, Undecided } from './problem.ts'

const mostKept = 2_000
/** Each search_path has a rewriter: what they keep is to be some megabytes, whatever the statements are like. */
const mostBytes = 16 * 1024 * 1024
/** Longer texts take milliseconds to parse, and are rewritten in a thread of its own where that can be awaited. */
const longText = 8 * 1024
/** Of longer ones it takes too long to look for the names even. */
const tooLongToLook = 256 * 1024

export interface RewriteSettings {
  /** The schemas in which names without one are looked up. */
  readonly path: readonly string[]
  /** Temporary relations of the session, which are found first. */
  readonly temporary: ReadonlySet<string>
  readonly undecided: Undecided
  /** Is a text that is too long to be parsed an error? */
  readonly refusesTooLong: boolean
  readonly onProblem: OnProblem
}

/** What is sent for a text under one mapping. */
export interface Rewritten {
  readonly text: string
  readonly isChanged: boolean
}

/** What is kept of a text: also that it is refused, so that it is not parsed for each time. */
type Kept = Rewritten & { readonly refusal?: () => MigrateError }

/** Rewrites statements as one mapping says; another mapping is another object. */
export class Rewriter {
  /** Stands for what is done to texts: the same as long as texts come out the same. */
  readonly version: string
  readonly #parts: Parts
  readonly #moves: Moves
  readonly #written: readonly Move[]
  readonly #holdsName: RegExp | undefined
  readonly #settings: RewriteSettings
  readonly #kept = new LeastRecent<Kept>(mostKept, mostBytes)
  readonly #underWay = new Map<string, Promise<Kept>>()

  /** @throws MigrateError `mapping-invalid` when a name would have to become two */
  constructor(parts: Parts, mapping: Mapping, settings: RewriteSettings) {
    this.#parts = parts
    this.#settings = settings
    const moves = movesOf(mapping)
    this.#written = moves
    this.version = createHash('sha256').update(JSON.stringify(moves)).digest('hex').slice(0, 8)
    try {
      this.#moves = new parts.Moves(moves)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new MigrateError('mapping-invalid', `the mapping cannot be used: ${error.message}`, {
        next: ['migrate resolver snapshot --output FILE'],
        cause: error,
      })
    }
    this.#holdsName = patternOf(moves.map(({ name }) => name))
  }

  /** @throws MigrateError `statement-undecided` when the setting `undecided` is to throw */
  rewrite(sql: string): Rewritten {
    const isLooked = sql.length <= tooLongToLook
    if (isLooked && this.#holdsName?.test(sql) !== true) return { text: sql, isChanged: false }
    const kept = this.#kept.get(sql)
    if (kept !== undefined) return answered(kept)
    if (!isLooked && this.#holdsName?.test(sql) !== true) return { text: sql, isChanged: false }
    return answered(this.#take(sql, this.#parse(sql)))
  }

  /**
   * The same for a text that is long and not known yet, off the thread that everything else waits for; undefined for one that
   * {@link rewrite} answers at once.
   */
  later(sql: string): Promise<Rewritten> | undefined {
    if (sql.length < longText || sql.length > this.#parts.longestText) return undefined
    if (sql.length <= tooLongToLook && this.#holdsName?.test(sql) !== true) return undefined
    if (this.#kept.get(sql) !== undefined) return undefined
    const underWay = this.#underWay.get(sql) ?? this.#rewriteLater(sql)
    return underWay.then(answered)
  }

  #rewriteLater(sql: string): Promise<Kept> {
    const { path, temporary } = this.#settings
    const made = longTexts
      .rewrite({ sql, version: this.version, moves: this.#written, path, temporary: [...temporary] })
      // Where no thread can be had the text must be rewritten all the same.
      .catch((cause: unknown) => {
        this.#settings.onProblem({ kind: 'blocking', text: messageOf(cause), sql, cause })
        return this.#parse(sql)
      })
      .then((result) => (result === undefined ? { text: sql, isChanged: false } : this.#take(sql, result)))
      .finally(() => this.#underWay.delete(sql))
    this.#underWay.set(sql, made)
    return made
  }

  /** Told once, since it is kept; not while the parser is made anew, when nothing is known of the text. */
  #take(sql: string, result: RewriteResult): Kept {
    const { text, isChanged, problem } = result
    const refusal = this.#tell(sql, result)
    const kept = { text, isChanged, ...(refusal === undefined ? {} : { refusal }) }
    if (problem !== this.#parts.isBeingMade && sql.length <= this.#parts.longestText)
      this.#kept.set(sql, kept)
    return kept
  }

  /** Something that sends SQL of which nothing is known but what it is called. */
  cannotRead(what: string): void {
    const problem = `nothing is known of the text of a ${what}`
    const refusal = this.#tell('', { text: '', isChanged: false, mentions: [], problem })
    if (refusal !== undefined) throw refusal()
  }

  #parse(sql: string): RewriteResult {
    const { parser, rewriteText, longestText } = this.#parts
    // What the parser refuses for its length need not be looked through.
    if (sql.length <= longestText && isTooDeep(sql))
      return { text: sql, isChanged: false, mentions: [], problem: 'it is nested too deeply' }
    return rewriteText(parser, sql, this.#moves, {
      path: this.#settings.path,
      temporary: this.#settings.temporary,
      keepsUnqualified: false,
    })
  }

  /** Tells what someone should know of a text, or gives back why it is not to be sent. */
  #tell(sql: string, { problem, mentions }: RewriteResult): (() => MigrateError) | undefined {
    const { undecided, refusesTooLong, onProblem } = this.#settings
    const open = mentions.filter(({ kind }) => kind === 'undecided')
    if (problem === undefined && (open.length === 0 || undecided === 'pass')) return undefined
    const text =
      problem === undefined
        ? open.map(({ name, start, reason }) => `${name} at ${start}: ${reason}`).join('; ')
        : `it was sent unchanged: ${problem}`
    if (undecided === 'throw' || (refusesTooLong && sql.length > this.#parts.longestText))
      return () =>
        new MigrateError('statement-undecided', `a statement was not sent: ${text}`, {
          detail: [sql.slice(0, 500)],
          next: ['write its names with the new schema, or set `undecided` to warn'],
        })
    if (problem !== undefined) onProblem({ kind: 'unread', text, sql })
    else onProblem({ kind: 'undecided', text, sql })
    return undefined
  }
}

function answered({ refusal, text, isChanged }: Kept): Rewritten {
  if (refusal !== undefined) throw refusal()
  return { text, isChanged }
}

/** To the new names of what has moved, and back from those that do not exist yet. */
function movesOf({ snapshot }: Mapping): ConstructorParameters<typeof Moves>[0] {
  return snapshot.names.flatMap((each) => {
    const { class: of, schema, name, target, state } = each
    if (usesNew(each)) return [{ class: of, schema, name, target }]
    return state === 'old' ? [{ class: of, schema: target, name, target: schema }] : []
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
