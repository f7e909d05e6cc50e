import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { planName } from './plan-file.ts'

export interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A command of the product that ended in another way than it should have. */
export class CommandError extends Error {
  readonly command: string
  readonly answer: Answer

  constructor(command: string, answer: Answer) {
    super(`${command} ended with exit code ${answer.code}`)
    this.command = command
    this.answer = answer
  }

  /** What it said; the end of it when it said much. */
  get output(): string {
    const { stderr, stdout } = this.answer
    return `${stdout.trimEnd()}\n${stderr.trimEnd()}`.trim().split('\n').slice(-40).join('\n')
  }
}

/** The product's command line as a process of its own, in a folder with the plan. */
export class CommandLine {
  readonly #folder: string
  readonly #plan: string
  readonly #env: NodeJS.ProcessEnv

  constructor(folder: string, plan: string, url: string) {
    this.#folder = folder
    this.#plan = plan
    this.#env = { ...process.env, CORPUS_URL: url, NO_COLOR: '1', FORCE_COLOR: undefined }
  }

  /** Runs `migrate …`, whatever comes of it. */
  async ask(...args: string[]): Promise<Answer> {
    return new Promise((settle, fail) => {
      execFile(
        process.execPath,
        [MIGRATE, ...args, '--plan', this.#plan],
        { cwd: this.#folder, env: this.#env, maxBuffer: 1 << 28 },
        (error, stdout, stderr) => {
          if (error !== null && typeof error.code !== 'number') return fail(new Error(error.message))
          settle({ code: error === null ? 0 : Number(error.code), stdout, stderr })
        },
      )
    })
  }

  /**
   * Runs `migrate …` and gives what it printed.
   * @throws CommandError when it does not end with 0
   */
  async run(...args: string[]): Promise<string> {
    const answer = await this.ask(...args)
    if (answer.code !== 0) throw new CommandError(`migrate ${args.join(' ')}`, answer)
    return answer.stdout
  }

  async execute(...which: string[]): Promise<void> {
    await this.run('execute', ...which, '--yes', '--confirm', planName)
  }
}

const MIGRATE = fileURLToPath(new URL('../../bin/migrate.js', import.meta.url))
