import type { Rewritten } from './rewriter.ts'
import { heldText, isSubmittable, type QueryArguments, type Rewrites } from './statement.ts'

/** One that can also rewrite a long text off the thread. */
export interface LaterRewrites extends Rewrites {
  later(sql: string): Promise<Rewritten> | undefined
}

/** Begins to rewrite the text of a call where that takes long; false for one that can be sent at once. */
export function begins(call: QueryArguments, rewriter: LaterRewrites): boolean {
  const text = heldText(call)
  const later = text === undefined ? undefined : rewriter.later(text)
  // What is wrong with it is said when it is sent.
  later?.catch(() => undefined)
  return later !== undefined
}

/** A mapping changes seldom; whoever meets so many changes in a row has its text rewritten at once. */
const mostTries = 3

/** What rewrites a call at once by now. The mapping may have changed while its text was rewritten: then it is once more. */
export async function ready(call: QueryArguments, rewriterNow: () => LaterRewrites): Promise<Rewrites> {
  const text = heldText(call)
  for (let tries = 0; text !== undefined && tries < mostTries; tries++) {
    const rewriter = rewriterNow()
    const later = rewriter.later(text)
    if (later === undefined) return rewriter
    const done = await later.catch(() => undefined)
    if (rewriterNow() === rewriter) return done === undefined ? rewriter : knowing(rewriter, text, done)
  }
  return rewriterNow()
}

/** It need not be kept until then. */
function knowing(rewriter: Rewrites, text: string, done: Rewritten): Rewrites {
  return {
    version: rewriter.version,
    rewrite: (sql) => (sql === text ? done : rewriter.rewrite(sql)),
    cannotRead: (what) => rewriter.cannotRead(what),
  }
}

/** What a call that is sent later gives back at once: the Submittable itself, nothing for a callback, or a promise. */
export function awaited(call: QueryArguments, sent: Promise<{ readonly answer: unknown }>): unknown {
  const [query] = call
  if (isSubmittable(query)) {
    sent.catch((error: unknown) => failed(query, error))
    return query
  }
  const callback = call.find((each, index) => index > 0 && typeof each === 'function')
  if (callback === undefined) return sent.then(({ answer }) => answer)
  sent.catch((error: unknown) => (callback as (error: unknown) => void)(error))
  return undefined
}

/** As the driver tells a Submittable that its connection is gone. */
function failed(query: Record<string, unknown>, error: unknown): void {
  const { handleError } = query
  if (typeof handleError !== 'function') throw error
  Reflect.apply(handleError, query, [error, { sync: () => undefined, stream: {} }])
}
