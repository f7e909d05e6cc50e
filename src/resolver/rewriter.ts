import { createHash } from 'node:crypto'
import { MigrateError } from '../errors/migrate-error.ts'
import type { Moves } from '../rewrite/moves.ts'
import type { RewriteResult, rewriteText } from '../rewrite/rewrite.ts'
import type { Parser } from '../sql/parser.ts'
import { literally } from '../sql/literally.ts'
import { isTooDeep } from './depth.ts'
import { LeastRecent } from './least-recent.ts'
import { usesNew, type Mapping } from './mapping.ts'
import type { OnProblem, Undecided } from './problem.ts'

/** Longer texts are mostly data, and never the same twice. */
const longestKept = 16 * 1024
const mostKept = 2_000
/** Each search_path has a rewriter: what they keep is to be some megabytes, whatever the statements are like. */
const mostCharacters = 4 * 1024 * 1024

export interface Parts {
  readonly parser: Parser
  readonly Moves: typeof Moves
  readonly rewriteText: typeof rewriteText
  readonly isBeingMade: string
  readonly longestText: number
}

let parts: Promise<Parts> | undefined

/** Loads what parses and rewrites, once a process; a service that only asks for names never does. */
export async function loadParts(): Promise<Parts> {
  parts ??= Promise.all([
    import('../sql/parser.ts'),
    import('../rewrite/moves.ts'),
    import('../rewrite/rewrite.ts'),
  ]).then(async ([{ Parser, isBeingMade, longestText }, { Moves }, { rewriteText }]) => ({
    parser: await Parser.load(),
    Moves,
    rewriteText,
    isBeingMade,
    longestText,
  }))
  return parts
}

export interface RewriteSettings {
  /** The schemas in which names without one are looked up. */
  readonly path: readonly string[]
  /** Temporary relations of the session, which are found first. */
  readonly temporary: ReadonlySet<string>
  readonly undecided: Undecided
  readonly onProblem: OnProblem
}

/** What is sent for a text under one mapping. */
export interface Rewritten {
  readonly text: string
  readonly isChanged: boolean
}

/** Rewrites statements as one mapping says; another mapping is another object. */
export class Rewriter {
  /** Stands for what is done to texts: the same as long as texts come out the same. */
  readonly version: string
  readonly #parts: Parts
  readonly #moves: Moves
  readonly #holdsName: RegExp | undefined
  readonly #settings: RewriteSettings
  readonly #kept = new LeastRecent<Rewritten>(mostKept, mostCharacters)

  /** @throws MigrateError `mapping-invalid` when a name would have to become two */
  constructor(parts: Parts, mapping: Mapping, settings: RewriteSettings) {
    this.#parts = parts
    this.#settings = settings
    const moves = movesOf(mapping)
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
    if (this.#holdsName?.test(sql) !== true) return { text: sql, isChanged: false }
    const kept = this.#kept.get(sql)
    if (kept !== undefined) return kept
    const result = this.#parse(sql)
    const { text, isChanged, problem } = result
    this.#tell(sql, result)
    // Kept also when something was told, so that it is told once.
    if (problem !== this.#parts.isBeingMade && sql.length <= longestKept)
      this.#kept.set(sql, { text, isChanged })
    return { text, isChanged }
  }

  /** Something that sends SQL of which nothing is known but what it is called. */
  cannotRead(what: string): void {
    this.#tell('', {
      text: '',
      isChanged: false,
      mentions: [],
      problem: `nothing is known of the text of a ${what}`,
    })
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

  #tell(sql: string, { problem, mentions }: RewriteResult): void {
    const { undecided, onProblem } = this.#settings
    const open = mentions.filter(({ kind }) => kind === 'undecided')
    if (problem === undefined && (open.length === 0 || undecided === 'pass')) return
    const text =
      problem === undefined
        ? open.map(({ name, start, reason }) => `${name} at ${start}: ${reason}`).join('; ')
        : `it was sent unchanged: ${problem}`
    if (undecided === 'throw')
      throw new MigrateError('statement-undecided', `a statement was not sent: ${text}`, {
        detail: [sql.slice(0, 500)],
        next: ['write its names with the new schema, or set `undecided` to warn'],
      })
    if (problem !== undefined) onProblem({ kind: 'unread', text, sql })
    else onProblem({ kind: 'undecided', text, sql })
  }
}

/** To the new names of what has moved, and back from those that do not exist yet. */
function movesOf({ snapshot }: Mapping): ConstructorParameters<typeof Moves>[0] {
  return snapshot.names.flatMap((each) => {
    const { class: of, schema, name, target, state } = each
    if (usesNew(each)) return [{ class: of, schema, name, target }]
    return state === 'old' ? [{ class: of, schema: target, name, target: schema }] : []
  })
}

/** Finds texts that may hold one of the names: in any case, or written with escapes. */
function patternOf(names: readonly string[]): RegExp | undefined {
  if (names.length === 0) return undefined
  const written = [...new Set(names)].map((name) =>
    literally(name.replaceAll('"', '""'))
      // Within a string, such as the argument of nextval, it is written twice.
      .replaceAll("'", "''?"),
  )
  return new RegExp(`${written.join('|')}|u&["']|\\\\`, 'i')
}
