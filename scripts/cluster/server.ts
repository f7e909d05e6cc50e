import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { serverAccount, serverEnvironment } from './account.ts'

/** How a server process ended its start: serving, or gone with this in its log. */
export type Launch = { readonly child: ChildProcess } | { readonly failure: string }

/**
 * Runs a server program to its end or in the background: as the right account, outside our terminal's process
 * group, with all its output in `log`.
 */
export async function spawnAsServer(
  dir: string,
  log: string,
  program: string,
  args: string[],
): Promise<ChildProcess> {
  const output = openSync(log, 'a')
  try {
    const child = spawn(program, args, {
      ...(await serverAccount()),
      // Our own working directory may be closed to that account, and postgres insists on one that it can read.
      cwd: dir,
      env: serverEnvironment(dir),
      stdio: ['ignore', output, output],
      detached: true,
    })
    await once(child, 'spawn')
    return child
  } finally {
    closeSync(output)
  }
}

/** Starts postgres in `data` and waits until it takes connections. */
export async function launch(options: {
  readonly bin: string
  readonly dir: string
  readonly data: string
  readonly log: string
  readonly url: string
  readonly onSpawn: (pid: number) => void
}): Promise<Launch> {
  const before = await readLog(options.log)
  const child = await spawnAsServer(options.dir, options.log, join(options.bin, 'postgres'), [
    '-D',
    options.data,
  ])
  if (child.pid) options.onSpawn(child.pid)
  child.unref()
  const deadline = Date.now() + READY_TIMEOUT_MS
  let last: unknown
  while (!hasEnded(child)) {
    if (Date.now() > deadline) {
      await end(child, 'SIGKILL')
      const failure = `not ready after ${READY_TIMEOUT_MS} ms: ${String(last)}`
      return { failure: `${failure}\n${(await readLog(options.log)).slice(before.length)}` }
    }
    try {
      if (await isServing(options.url, options.data)) return { child }
    } catch (error) {
      last = error
    }
    await delay(POLL_MS)
  }
  return { failure: (await readLog(options.log)).slice(before.length) }
}

/** Sends a signal and waits until the process is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return
  child.ref()
  const gone = once(child, 'exit')
  child.kill(signal)
  const slow = new AbortController()
  const timer = delay(STOP_TIMEOUT_MS, 'slow', { signal: slow.signal }).catch(() => 'gone')
  const outcome = await Promise.race([gone, timer])
  slow.abort()
  if (outcome === 'slow') throw new Error(`PostgreSQL did not end within ${STOP_TIMEOUT_MS} ms of ${signal}`)
}

/** Tells whether a child process has ended. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** The last lines of a server log, for an error message. */
export function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-20).join('\n')
}

async function readLog(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

/** Whoever answers must be our server: another one may have taken the port in the same moment. */
async function isServing(url: string, data: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ data_directory: string }>('show data_directory')
    return rows[0]?.data_directory === data
  } finally {
    await client.end().catch(() => {})
  }
}

const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 60_000
const POLL_MS = 40
