import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What a guard is told over its pipe; the connection string holds a secret, which an argument would show to all. */
export interface Charge {
  readonly url: string
  readonly database: string
  /** Armed for longer than this, it resumes although its runner lives. */
  readonly limitMs: number
}

export interface Guard {
  /** From now on it resumes the pooler should this process end. */
  arm(): void
  rest(): void
  /** Lets it go; armed, it resumes first. */
  leave(): void
}

const readyMs = 10_000

/**
 * Starts the guard (guard-process.ts) and waits until it has reached the admin console itself.
 * @returns nothing when it could not be started or could not reach the console
 */
export async function startGuard(charge: Charge): Promise<Guard | undefined> {
  const child = spawn(process.execPath, [...loader(), program], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // A session of its own: what ends the runner’s process group must not end its guard.
    detached: true,
  })
  const { stdin, stdout } = child
  stdin.on('error', () => undefined)
  stdin.write(`${JSON.stringify(charge)}\n`)
  const limit = AbortSignal.timeout(readyMs)
  const isReady = await Promise.race([
    once(stdout, 'data', { signal: limit }).then(() => true),
    once(child, 'exit', { signal: limit }).then(() => false),
  ]).catch(() => false)
  // Neither the process nor its pipes keep the runner from ending.
  child.unref()
  stdout.destroy()
  ;(stdin as unknown as { unref(): void }).unref()
  if (!isReady) {
    stdin.end()
    return undefined
  }
  return {
    arm: () => void stdin.write('arm\n'),
    rest: () => void stdin.write('rest\n'),
    leave: () => void stdin.end(),
  }
}

const isCompiled = import.meta.url.endsWith('.js')
const program = fileURLToPath(new URL(`./guard-process.${isCompiled ? 'js' : 'ts'}`, import.meta.url))

/** The sources themselves, in tests and scripts, are run by tsx. */
function loader(): string[] {
  if (isCompiled) return []
  return ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
}
