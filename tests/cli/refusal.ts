import { expect } from '@jest/globals'
import { rowsOf } from '../support/client.ts'
import { dump } from '../support/dump.ts'
import type { Desk, Failure } from './desk.ts'

/** How a refusal must look. */
export interface Refusal {
  readonly code: string
  readonly exit: number
  /** What the message, and what one of the facts under it, must say. */
  readonly message: RegExp
  readonly detail?: RegExp
  readonly next?: RegExp
  readonly state?: string
}

/** A database as it was before something that must not change it. */
export interface Watched {
  readonly url: string
  readonly state: Awaited<ReturnType<typeof stateOf>>
}

export async function watch(url: string): Promise<Watched> {
  return { url, state: await stateOf(url) }
}

/**
 * Runs the command and expects this refusal of it. Every refusal says what comes next and that nothing was changed,
 * and then nothing was: neither in the database, if there is one to look at, nor in the folder of backups.
 */
export async function expectRefusal(
  desk: Desk,
  args: readonly string[],
  { code, exit, message, detail, next, state = 'untouched' }: Refusal,
  options: { watched?: Watched; env?: Record<string, string | undefined> } = {},
): Promise<Failure> {
  const backups = await desk.backups()
  const answer = await desk.failure(args, options.env)
  const { error } = answer
  expect([error.code, error.exitCode, answer.code, error.state.kind]).toEqual([code, exit, exit, state])
  expect(error.message).toMatch(message)
  if (detail !== undefined) expect(error.detail.join('\n')).toMatch(detail)
  expect(error.next.filter((line) => line.trim() !== '')).not.toEqual([])
  if (next !== undefined) expect(error.next.join('\n')).toMatch(next)
  expect(error.docs).toBe(`docs/errors.md#${code}`)
  expect(await desk.backups()).toEqual(backups)
  if (options.watched !== undefined) expect(await stateOf(options.watched.url)).toEqual(options.watched.state)
  return error
}

/** The structure of a database, with whatever a run would add to it first. */
async function stateOf(url: string): Promise<{ structure: string; schemas: unknown }> {
  const schemas = await rowsOf(
    url,
    `select nspname, (select count(*)::int from pg_class c where c.relnamespace = n.oid) as relations,
            (select count(*)::int from pg_proc p where p.pronamespace = n.oid) as routines
       from pg_namespace n where nspname !~ '^pg_' order by 1`,
  )
  return { structure: await dump(url), schemas }
}

export async function hasJournal(url: string): Promise<boolean> {
  return (await rowsOf(url, `select from pg_namespace where nspname = 'migrate'`)).length > 0
}
