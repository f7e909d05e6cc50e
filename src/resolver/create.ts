import { MigrateError } from '../errors/migrate-error.ts'
import { Follower } from './follower.ts'
import { JournalSource } from './journal-source.ts'
import type { OnProblem, Undecided } from './problem.ts'
import { snapshotOfPlan, type PlanOptions } from './plan-snapshot.ts'
import { RedisKeys, type RedisRule } from './redis.ts'
import { Resolver, type Unknown } from './resolver.ts'
import { loadParts, type Parts } from './load-parts.ts'
import { parseSnapshot, type Snapshot } from './snapshot.ts'
import { fileSource, type Source } from './source.ts'
import { State } from './state.ts'

/** The journal of a plan, which is followed as it changes. */
export interface JournalOptions {
  /** Of the database that moves: a URL, or what `Client` of pg takes. Any role that can connect may read what is needed. */
  readonly connection: string | object
  /** The name of the plan. */
  readonly plan: string
  /** Not behind a pooler that lends connections for a transaction: there notifications are lost, and asking must do. */
  readonly listen?: boolean
}

export interface ResolverOptions {
  /** A mapping document, or what JSON.parse has made of one. With a journal: what is true until the plan has begun. */
  readonly snapshot?: unknown
  /** A file that holds such a document; read again at intervals. */
  readonly file?: string
  readonly journal?: JournalOptions
  /** A plan file, in place of a document: for a service that knows nothing else, with the state to go by. */
  readonly plan?: PlanOptions
  /** How often the journal or the file is read though nothing was told, in milliseconds. */
  readonly pollMs?: number
  /** What to answer for tables that the plan does not know. */
  readonly unknown?: Unknown
  /** The schemas in which statements look up names without one, in order. */
  readonly path?: readonly string[]
  readonly undecided?: Undecided
  /** A statement of more than 1 MiB, which cannot be rewritten: `pass` sends it as it is and tells, `error` refuses it. */
  readonly tooLong?: 'pass' | 'error'
  /** Are statements to be rewritten? It takes libpg-query, some 70 ms at the start and 25 MB. */
  readonly rewrites?: boolean
  /** Where keys of Redis go. */
  readonly redis?: readonly RedisRule[]
  /** Is told what someone should know; without it, a warning of the process is. */
  readonly onProblem?: OnProblem
}

const defaultPollMs = 10_000

/**
 * Makes a resolver. Everything that it is asked afterwards it answers at once, from memory.
 * @throws MigrateError `mapping-invalid`; whatever the connection says when nothing but a journal is given and it cannot be
 * read
 */
export async function createResolver(options: ResolverOptions): Promise<Resolver> {
  const { unknown = 'error', path = ['public'], undecided = 'pass', rewrites = true } = options
  const onProblem = options.onProblem ?? warn
  const redis = new RedisKeys(options.redis ?? [])
  const parts = rewrites ? await load() : undefined
  let follower: Follower | undefined
  if (options.plan !== undefined && options.snapshot !== undefined)
    throw new TypeError('a resolver begins with a document or a plan, not both')
  const source = sourceOf(options, onProblem, () => follower?.tell())
  try {
    const first = await firstSnapshot(options, source, onProblem)
    const state = new State({
      first,
      parts,
      undecided,
      refusesTooLong: options.tooLong === 'error',
      onProblem,
    })
    if (source !== undefined) {
      follower = new Follower({
        source,
        pollMs: options.pollMs ?? defaultPollMs,
        onProblem,
        onSnapshot: (snapshot) => state.take(snapshot),
      })
      await follower.refresh()
    }
    return new Resolver({ state, follower, unknown, path, onProblem, redis })
  } catch (error) {
    await (follower ?? source)?.close()
    throw error
  }
}

function sourceOf(
  { file, journal, snapshot, plan }: ResolverOptions,
  onProblem: OnProblem,
  onChange: () => void,
): Source | undefined {
  if (file !== undefined && journal !== undefined)
    throw new TypeError('a resolver follows a file or a journal, not both; give the document as `snapshot`')
  if (journal !== undefined)
    return new JournalSource({ ...journal, listens: journal.listen ?? true, onProblem, onChange })
  if (file !== undefined) return fileSource(file)
  if (snapshot === undefined && plan === undefined)
    throw new TypeError('a resolver is made of a snapshot, a file, a plan or a journal')
  return undefined
}

/** What is true at the start. A journal that cannot be read is no reason not to start when there is something to go by. */
async function firstSnapshot(
  { snapshot, plan: planned, journal }: ResolverOptions,
  source: Source | undefined,
  onProblem: OnProblem,
): Promise<Snapshot> {
  if (snapshot !== undefined || planned !== undefined) {
    const given =
      planned === undefined ? parseSnapshot(snapshot, 'the given document') : await snapshotOfPlan(planned)
    if (journal !== undefined && given.plan !== journal.plan)
      throw new MigrateError(
        'mapping-invalid',
        `the given document is of plan "${given.plan}", the journal is asked for plan "${journal.plan}"`,
        { next: ['migrate resolver snapshot --output FILE'] },
      )
    return given
  }
  const read = await source?.read()
  if (read !== undefined) return read
  const { plan } = journal!
  onProblem({
    kind: 'gone',
    text: `plan "${plan}" has not begun there and no snapshot was given: nothing is known of its names yet`,
  })
  return { format: 1, plan, hash: '', epoch: 0, services: {}, names: [] }
}

async function load(): Promise<Parts | undefined> {
  try {
    return await loadParts()
  } catch (error) {
    // Left out on purpose by those who never rewrite; whoever does is told when they ask for it.
    if ((error as { code?: unknown } | null)?.code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}

function warn({ kind, text }: Parameters<OnProblem>[0]): void {
  process.emitWarning(text, { type: 'ResolverWarning', code: kind })
}
