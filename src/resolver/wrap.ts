import { InOrder, inOrder } from './in-order.ts'
import { awaited, begins, ready } from './later.ts'
import type { OnProblem } from './problem.ts'
import type { Rewriter } from './rewriter.ts'
import { SessionState } from './session-state.ts'
import {
  isAllOrNothing,
  isSubmittable,
  rewriteArguments,
  textOf,
  type QueryArguments,
  type Rewrites,
} from './statement.ts'

/** What is needed of a pool of pg; everything else of it is passed on. */
export interface PoolLike {
  query(...call: never[]): unknown
  connect(...call: never[]): unknown
}

export interface ClientLike {
  query(...call: never[]): unknown
}

export interface WrapSettings {
  /** What rewrites now, in a session with these temporary relations. */
  rewriter(temporary?: ReadonlySet<string>): Rewriter
  /** Is it a name of the plan? */
  holds(name: string): boolean
  /** Reads the mapping once more; resolves when it was tried. */
  refresh(): Promise<void>
  readonly onProblem: OnProblem
}

type Callback = (error: unknown, ...results: unknown[]) => void
type Query = (...call: unknown[]) => unknown

/** By what a statement fails whose name has just gone, or has become that of a view which cannot do it. */
const goneWith = new Set(['42P01', '3F000', '42883', '42704', '42809', '42703', '42803', '0A000'])

/** The pool, whose statements are rewritten; also those of its clients. */
export function wrapPool<P extends PoolLike>(pool: P, settings: WrapSettings): P {
  const query = pool.query.bind(pool) as Query
  const connect = pool.connect.bind(pool) as Query
  const wrapped = new WeakMap<object, object>()
  const clientOf = (client: Releasable): object => {
    const known = wrapped.get(client) ?? wrapClient(client, settings)
    wrapped.set(client, known)
    return known
  }
  const lend = async (): Promise<object> => {
    for (;;) {
      const client = (await connect()) as Releasable
      if (!isOutdated(client, settings.rewriter())) return clientOf(client)
      client.release(true)
    }
  }
  const changed = {
    query: (...call: unknown[]) => {
      const now = settings.rewriter()
      if (isSubmittable(call[0]) || !begins(call, now)) return send(query, call, settings, () => true, now)
      const sent = ready(call, () => settings.rewriter()).then((rewriter) => ({
        answer: send(query, call, settings, () => true, rewriter),
      }))
      return awaited(call, sent)
    },
    connect: (callback?: (error: unknown, client?: object, release?: unknown) => void) => {
      if (callback === undefined) return lend()
      lend().then(
        (client) => callback(undefined, client, (client as Releasable).release),
        (error: unknown) => callback(error, undefined, () => undefined),
      )
      return undefined
    },
  }
  return over(pool, changed)
}

/** The client, whose statements are rewritten. */
export function wrapClient<C extends ClientLike>(client: C, settings: WrapSettings): C {
  const query = client.query.bind(client) as Query
  const status = (client as { getTransactionStatus?: () => unknown }).getTransactionStatus?.bind(client)
  const session = new SessionState()
  const its: WrapSettings = { ...settings, rewriter: () => settings.rewriter(session.temporary) }
  let waiting = 0
  const order = new InOrder()
  const sendNow = (call: QueryArguments, rewriter: Rewrites): unknown => {
    const text = textOf(call) ?? ''
    if (/^\s*prepare\s/i.test(text)) notePrepared(client, settings.rewriter())
    // Nothing is under way and no transaction is open: what fails now has done nothing.
    const isAlone = waiting === 0 && status?.() === 'I'
    const counted: Query = (...args) => {
      waiting += 1
      return whenDone(query, args, () => (waiting -= 1))
    }
    // Asked again once the mapping is read: a Submittable that was sent before may have begun a transaction.
    const answer = send(counted, call, its, () => isAlone && waiting === 0 && status() === 'I', rewriter)
    if (session.note(text, settings.holds))
      settings.onProblem({ kind: 'path', text: 'search_path was changed by a statement', sql: text })
    return answer
  }
  const changed = {
    query: (...call: unknown[]) => {
      // Statements are sent in the order in which they came: what comes behind a long text waits for it, too.
      const now = its.rewriter()
      if (!begins(call, now) && order.isIdle) return sendNow(call, now)
      const sent = order.run(async () => {
        const rewriter = await ready(call, () => its.rewriter())
        return { answer: sendNow(call, rewriter) }
      })
      return awaited(call, sent)
    },
    ...inOrder(client, order, 'release'),
    ...inOrder(client, order, 'end'),
  }
  return over(client, changed)
}

interface Releasable extends ClientLike {
  release(destroys?: boolean): void
}

/** Under which mappings a session has made statements by SQL’s own PREPARE: their texts stay as they were. */
const preparedUnder = new WeakMap<object, Set<string>>()

function notePrepared(client: object, { version }: Rewriter): void {
  const versions = preparedUnder.get(client) ?? new Set()
  preparedUnder.set(client, versions.add(version))
}

function isOutdated(client: object, { version }: Rewriter): boolean {
  const versions = preparedUnder.get(client) ?? new Set([version])
  return versions.size > 1 || !versions.has(version)
}

/** Sends a statement rewritten; once more, when it failed by a name that the mapping of this moment has no longer. */
function send(
  query: Query,
  call: QueryArguments,
  settings: WrapSettings,
  mayRepeat: () => boolean,
  rewriter: Rewrites,
): unknown {
  let first: QueryArguments
  try {
    first = rewriteArguments(rewriter, call)
  } catch (error) {
    return refuse(call, error)
  }
  const again = async (error: unknown): Promise<QueryArguments | undefined> => {
    const text = textOf(call)
    const sent = textOf(first)
    const code = (error as { code?: unknown } | null)?.code
    if (isSubmittable(call[0]) || text === undefined || typeof code !== 'string') return undefined
    if (!goneWith.has(code) || !mayRepeat() || !isAllOrNothing(text)) return undefined
    await settings.refresh()
    if (!mayRepeat()) return undefined
    const second = rewriteArguments(await ready(call, () => settings.rewriter()), call)
    if (textOf(second) === sent) return undefined
    settings.onProblem({ kind: 'retried', text: `${code}: ${messageOf(error)}`, sql: text })
    return second
  }
  const at = callbackAt(first)
  if (at === -1) {
    const result = query(...first)
    return isPromise(result)
      ? result.catch(async (error: unknown) => {
          const second = await again(error)
          if (second === undefined) throw error
          return query(...second)
        })
      : result
  }
  const callback = first[at] as Callback
  const answer: Callback = (error, ...results) => {
    if (error === null || error === undefined) return callback(error, ...results)
    again(error).then(
      (second) => {
        if (second === undefined) callback(error, ...results)
        else query(...second)
      },
      (failure: unknown) => callback(failure),
    )
  }
  return query(...first.with(at, answer))
}

/** Calls when the statement has been answered, whichever way it is asked. */
function whenDone(query: Query, call: QueryArguments, done: () => void): unknown {
  const at = callbackAt(call)
  if (at !== -1) {
    const callback = call[at] as Callback
    const counted: Callback = (...results) => {
      done()
      callback(...results)
    }
    return query(...call.with(at, counted))
  }
  const result = query(...call)
  if (isPromise(result)) return result.finally(done)
  done()
  return result
}

/** Tells of a statement that is not sent in the way in which its answer was awaited. */
function refuse(call: QueryArguments, error: unknown): unknown {
  if (isSubmittable(call[0])) throw error
  const callback = call[callbackAt(call)] as Callback | undefined
  if (callback === undefined) return Promise.reject(asError(error))
  process.nextTick(callback, error)
  return undefined
}

function callbackAt(call: QueryArguments): number {
  return call.findIndex((each, index) => index > 0 && typeof each === 'function')
}

/** The object as it is, but for some of its methods. */
function over<T extends object>(target: T, changed: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get: (of, key) =>
      typeof key === 'string' && Object.hasOwn(changed, key)
        ? changed[key]
        : (Reflect.get(of, key) as unknown),
  })
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
