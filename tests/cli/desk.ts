import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { planText, type PlanSketch } from '../support/plan.ts'

/** The command as it is installed: the compiled files. */
export const migrate = fileURLToPath(new URL('../../bin/migrate.js', import.meta.url))

export interface Answer {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What `--json` says of a failure. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly detail: readonly string[]
  readonly state: { readonly kind: string; readonly sentence: string }
  readonly next: readonly string[]
  readonly place?: { readonly file: string; readonly line: number; readonly column: number }
  readonly exitCode: number
  readonly docs: string
}

/** A folder of its own that the command is run in, with plans/ and, perhaps, backups/. */
export class Desk implements AsyncDisposable {
  readonly dir: string

  private constructor(dir: string) {
    this.dir = dir
  }

  static async open(): Promise<Desk> {
    const dir = await mkdtemp(join(tmpdir(), 'pg-relocate-cli-'))
    await mkdir(join(dir, 'plans'))
    return new Desk(dir)
  }

  /** Writes a plan file and returns its name as `--plan` takes it. */
  async write(name: string, content: string): Promise<string> {
    await writeFile(join(this.dir, 'plans', name), content)
    return join('plans', name)
  }

  async sketch(name: string, url: string, sketch: PlanSketch): Promise<string> {
    return this.write(name, planText(url, sketch))
  }

  start(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): ChildProcess {
    return spawn(process.execPath, [migrate, ...args], {
      cwd: this.dir,
      env: { ...plain(process.env), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  /** Runs the command to its end. */
  async run(
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Answer> {
    return answerOf(this.start(args, env))
  }

  /** Runs the command with `--json` and reads what it says; an event on standard error must be one, too. */
  async json<T>(
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<{ code: number | null; result: T; events: Record<string, unknown>[] }> {
    const { code, stdout, stderr } = await this.run([...args, '--json'], env)
    return { code, result: JSON.parse(stdout) as T, events: jsonLines(stderr) }
  }

  /** Runs the command with `--json` and returns the failure it must end with. */
  async failure(
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<{ code: number | null; error: Failure; events: Record<string, unknown>[] }> {
    const { code, result, events } = await this.json<{ error?: Failure }>(args, env)
    if (result.error === undefined) throw new Error(`it succeeded with ${JSON.stringify(result)}`)
    return { code, error: result.error, events }
  }

  /** Every file and folder below backups/. */
  async backups(folder = 'backups'): Promise<string[]> {
    return readdir(join(this.dir, folder), { recursive: true }).catch(() => [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true, force: true })
  }
}

export async function answerOf(child: ChildProcess): Promise<Answer> {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return { code, stdout, stderr }
}

export function jsonLines(stream: string): Record<string, unknown>[] {
  return stream
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** The environment without what would change how the command connects or what it shows. */
export function plain(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(PG(?!RELOCATE|_BIN)|NODE_OPTIONS|JEST|FORCE_COLOR|NO_COLOR|CI$|MIGRATE_)/.test(name),
    ),
  )
}
