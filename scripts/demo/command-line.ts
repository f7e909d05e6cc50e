import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { command, isColoured, quote } from './screen.ts'

/** The product's command line, called as a DBA calls it: another process, its arguments, its environment. */
export class CommandLine {
  readonly #plan: string
  readonly #folder: string
  readonly #env: NodeJS.ProcessEnv
  readonly #signal: AbortSignal

  constructor(about: { plan: string; folder: string; env: NodeJS.ProcessEnv; signal: AbortSignal }) {
    this.#plan = about.plan
    this.#folder = about.folder
    this.#signal = about.signal
    // The child's output goes through a pipe, so it has to be told what our terminal can do.
    const colour = isColoured ? { FORCE_COLOR: '1' } : { NO_COLOR: '1', FORCE_COLOR: undefined }
    this.#env = { ...process.env, ...about.env, ...colour }
  }

  /** Runs `migrate …` and shows what it says. Throws when it fails. */
  async run(...args: string[]): Promise<void> {
    command(`migrate ${args.join(' ')}`)
    await this.#spawn(args, quote, quote)
  }

  /** Runs `migrate … --json` and returns what it printed, parsed. */
  async json(...args: string[]): Promise<unknown> {
    const result: string[] = []
    const complaints: string[] = []
    try {
      await this.#spawn(
        [...args, '--json'],
        (line) => result.push(line),
        (line) => complaints.push(line),
      )
      return JSON.parse(result.join('\n'))
    } catch (error) {
      for (const line of [...result.slice(-20), ...complaints]) quote(line)
      throw error
    }
  }

  async #spawn(
    args: readonly string[],
    onResult: (line: string) => void,
    onComment: (line: string) => void,
  ): Promise<void> {
    this.#signal.throwIfAborted()
    const child = spawn(process.execPath, [MIGRATE, ...args, '--plan', this.#plan], {
      cwd: this.#folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exited = once(child, 'exit')
    const end = (): void => {
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref()
    }
    this.#signal.addEventListener('abort', end, { once: true })
    const read = [
      relay(createInterface({ input: child.stdout }), onResult),
      relay(createInterface({ input: child.stderr }), onComment),
    ]
    try {
      const [code, killedBy] = (await exited) as [number | null, string | null]
      await Promise.all(read)
      this.#signal.throwIfAborted()
      if (code !== 0)
        throw new Error(`migrate ${args.join(' ')} ended with ${killedBy ?? `exit code ${code}`}`)
    } finally {
      this.#signal.removeEventListener('abort', end)
    }
  }
}

async function relay(lines: AsyncIterable<string>, onLine: (line: string) => void): Promise<void> {
  for await (const line of lines) onLine(line)
}

const MIGRATE = fileURLToPath(new URL('../../bin/migrate.js', import.meta.url))
/** How long an interrupted command has to clean up. */
const GRACE_MS = 5_000
