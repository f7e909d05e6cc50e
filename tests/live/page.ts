import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answerOf, migrate, plain, type Answer } from '../cli/desk.ts'

/** A page of the documentation whose commands are run as they stand there. */
export class Page {
  readonly #commands: { readonly section: string; readonly text: string; wasRun: boolean }[]

  private constructor(text: string) {
    this.#commands = text.split(/^## /m).flatMap((part, index) => {
      const section = index === 0 ? 'the beginning' : part.split('\n', 1)[0]!
      return [...part.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block]) =>
        block!
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => ({ section, text: line, wasRun: false })),
      )
    })
  }

  static async read(path: string): Promise<Page> {
    return new Page(await readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8'))
  }

  /** The commands of a section, in order. */
  section(title: string): Section {
    const commands = this.#commands.filter(({ section }) => section === title)
    if (commands.length === 0) throw new Error(`the page has no commands under "${title}"`)
    return {
      async run(shell) {
        const next = commands.find(({ wasRun }) => !wasRun)
        if (next === undefined) throw new Error(`all commands under "${title}" were run`)
        next.wasRun = true
        return shell.run(next.text)
      },
    }
  }

  get notRun(): string[] {
    return this.#commands.filter(({ wasRun }) => !wasRun).map(({ section, text }) => `${section}: ${text}`)
  }
}

export interface Section {
  /** Runs the next command of the section. */
  run(shell: Shell): Promise<Answer>
}

/** What an operator types into: a folder with plans/, the tool and PostgreSQL's programs on the path, and variables. */
export class Shell {
  readonly #dir: string
  readonly #env: Record<string, string | undefined>
  readonly #wrap: readonly string[]

  private constructor(dir: string, env: Record<string, string | undefined>, wrap: readonly string[]) {
    this.#dir = dir
    this.#env = env
    this.#wrap = wrap
  }

  static async open(dir: string, programs: string, env: Readonly<Record<string, string>>): Promise<Shell> {
    const bin = join(dir, 'bin')
    await mkdir(bin, { recursive: true })
    await writeFile(join(bin, 'migrate'), `#!/bin/sh\nexec '${process.execPath}' '${migrate}' "$@"\n`)
    await chmod(join(bin, 'migrate'), 0o755)
    const path = [bin, programs, process.env['PATH']].join(':')
    return new Shell(dir, { ...plain(process.env), PATH: path, ...env }, [])
  }

  /** The same with more variables. */
  with(env: Readonly<Record<string, string>>): Shell {
    return new Shell(this.#dir, { ...this.#env, ...env }, this.#wrap)
  }

  /** The same where every command is an argument of another. */
  within(...wrap: readonly string[]): Shell {
    return new Shell(this.#dir, this.#env, wrap)
  }

  async run(command: string): Promise<Answer> {
    const [program, ...args] = [...this.#wrap, 'bash', '-c', command]
    return answerOf(
      spawn(program, args, { cwd: this.#dir, env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] }),
    )
  }
}
