import { createHash } from 'node:crypto'
import { lex } from '../sql/lexer.ts'
import type { Rewritten } from './rewriter.ts'

/** What `query` of pg is called with: text or configuration or Submittable, values, callback. */
export type QueryArguments = readonly unknown[]

/** What rewrites the texts of calls. */
export interface Rewrites {
  /** Stands for what is done to texts: the same as long as texts come out the same. */
  readonly version: string
  rewrite(sql: string): Rewritten
  cannotRead(what: string): void
}

/** Longer names of statements make the driver complain. */
const longestName = 63

/** The same call, with the statement rewritten. A Submittable is changed in place: it is sent once, and keeps its text. */
export function rewriteArguments(rewriter: Rewrites, [query, ...rest]: QueryArguments): QueryArguments {
  if (typeof query === 'string') return [rewriter.rewrite(query).text, ...rest]
  if (!isObject(query)) return [query, ...rest]
  if (isSubmittable(query)) {
    rewriteSubmittable(rewriter, query)
    return [query, ...rest]
  }
  const text = query['text']
  if (typeof text !== 'string') return [query, ...rest]
  const rewritten = rewriter.rewrite(text)
  if (!rewritten.isChanged) return [query, ...rest]
  const name = query['name']
  // Derived from it: what the caller’s object says by getters, or says to the driver alone, is still said.
  const derived = Object.create(query, {
    text: property(rewritten.text),
    ...(typeof name === 'string' && name !== '' ? { name: property(versioned(name, rewriter.version)) } : {}),
  }) as unknown
  return [derived, ...rest]
}

export function isSubmittable(query: unknown): query is Record<string, unknown> {
  return isObject(query) && typeof query['submit'] === 'function'
}

/** The text of a call, where it has one. */
export function textOf([query]: QueryArguments): string | undefined {
  const text = isObject(query) ? query['text'] : query
  return typeof text === 'string' ? text : undefined
}

/** The same, also of a query stream, which has it in its cursor. */
export function heldText(call: QueryArguments): string | undefined {
  const [query] = call
  const inner = isSubmittable(query) && typeof query['text'] !== 'string' ? query['cursor'] : query
  return textOf([inner])
}

/** Does a text hold one statement, that does all of its work or none? CALL and DO may commit in between. */
export function isAllOrNothing(text: string): boolean {
  const tokens = lex(text)
  const ends = tokens.findIndex(({ start, end }) => text.slice(start, end) === ';')
  const first = tokens[0]?.value
  return first !== 'call' && first !== 'do' && (ends === -1 || ends === tokens.length - 1)
}

/** A cursor has its text, and so has a COPY stream; a query stream has it in its cursor. */
function rewriteSubmittable(rewriter: Rewrites, query: Record<string, unknown>): void {
  const inner = query['cursor']
  const holder = typeof query['text'] === 'string' ? query : inner
  if (!isObject(holder) || typeof holder['text'] !== 'string') {
    rewriter.cannotRead(query.constructor.name)
    return
  }
  const { text, isChanged } = rewriter.rewrite(holder['text'])
  if (!isChanged) return
  holder['text'] = text
  const name = holder['name']
  if (typeof name === 'string' && name !== '') holder['name'] = versioned(name, rewriter.version)
}

/** The driver refuses a name that comes with another text than before. */
function versioned(name: string, version: string): string {
  const full = `${name}~${version}`
  return full.length <= longestName
    ? full
    : createHash('sha256').update(full).digest('hex').slice(0, longestName)
}

function property(value: string): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
