import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { isMigrateError, MigrateError, type ErrorFields } from '../errors/migrate-error.ts'
import { diskFull, interrupted, nothingLeft } from './failure.ts'

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
  /** What the program reads from stdin; nothing without it. */
  readonly input?: Readable
  /** What is left when it fails; without it, what a failed backup leaves. */
  readonly leaves?: ErrorFields['state']
  /** Called with each line the program writes to stderr. */
  readonly onLine?: (line: string) => void
}

/**
 * Runs one of PostgreSQL's programs without a shell and returns what it wrote to stdout. Has ended, with all its
 * workers, when this returns or throws.
 * @throws MigrateError `command-failed`, `disk-full`, `tool-missing`, `interrupted`
 */
export async function runCommand(command: Command): Promise<string> {
  const { program, args, env, signal, onLine, input, leaves } = command
  if (signal?.aborted) throw interrupted(basename(program), leaves)
  const child = spawn(program, args, { env, stdio: 'pipe' })
  const stop = (): void => {
    // pg_dump hands SIGTERM on to its workers and cancels their queries.
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref()
  }
  signal?.addEventListener('abort', stop, { once: true })
  const said: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line)
    if (said.length > 2 * KEPT_LINES) said.splice(0, KEPT_LINES)
    onLine?.(line)
  })
  try {
    const [output, [status, killedBy], inputFailure] = await Promise.all([
      text(child.stdout),
      once(child, 'close') as Promise<[number | null, string | null]>,
      feed(child, input),
    ])
    if (signal?.aborted) throw interrupted(basename(program), leaves)
    if (isMigrateError(inputFailure)) throw inputFailure
    if (status !== 0) throw failed(command, said, status === null ? String(killedBy) : `status ${status}`)
    return output
  } catch (error) {
    if (isMigrateError(error)) throw error
    throw new MigrateError('tool-missing', `cannot start ${program}`, {
      detail: [String(error)],
      cause: error,
    })
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** Resolves to what went wrong with the input; a program that ended before it has read all says why by itself. */
async function feed(child: ChildProcessWithoutNullStreams, input?: Readable): Promise<unknown> {
  child.stdin.on('error', () => undefined)
  if (input === undefined) {
    child.stdin.end()
    return undefined
  }
  return pipeline(input, child.stdin).then(
    () => undefined,
    (error: unknown) => {
      if (isMigrateError(error)) child.kill('SIGTERM')
      return error
    },
  )
}

function failed(command: Command, said: readonly string[], ending: string): MigrateError {
  const lines = said.filter((line) => line !== '')
  const why = lines.find((line) => /: (error|fatal): /i.test(line)) ?? lines.at(-1) ?? ''
  const reason = why.replace(/^\S+ (error|fatal): +/i, '')
  const name = basename(command.program)
  const detail = [`ran: ${printable(command)}`, `ended with ${ending}`, ...lines.slice(-KEPT_LINES)]
  if (lines.some((line) => line.includes('No space left on device')))
    return diskFull(reason, detail, undefined, command.leaves)
  return new MigrateError('command-failed', `${name} failed: ${reason}`, {
    detail,
    state: command.leaves ?? nothingLeft,
  })
}

/** The command for people; a list of hundreds of tables is counted, not printed. */
function printable({ program, args }: Command): string {
  const tables = args.filter((arg) => arg.startsWith('--table='))
  const shown = tables.length > 10 ? args.filter((arg) => !tables.includes(arg)) : args
  const quoted = [program, ...shown].map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  )
  return quoted.join(' ') + (shown === args ? '' : ` (and --table for ${tables.length} tables)`)
}

const KEPT_LINES = 20
const KILL_AFTER_MS = 5_000
