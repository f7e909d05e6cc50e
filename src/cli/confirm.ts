import { createInterface } from 'node:readline/promises'
import { MigrateError } from '../errors/migrate-error.ts'
import type { GlobalOptions } from './context.ts'

/** Asks yes or no for a change that can be undone; `--yes` answers. */
export async function confirmChange(options: GlobalOptions, question: string): Promise<void> {
  if (options.yes === true || options.confirm !== undefined) return
  if (!isInteractive(options)) {
    throw new MigrateError('confirmation-missing', `${question} There is nobody to ask`, {
      next: ['run the same command again with --yes'],
    })
  }
  const answer = await ask(`${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw declined()
}

/** Wants a name typed for a change that others may feel or that gives something up; `--yes` does not cover it, `--confirm NAME` does. */
export async function confirmByName(
  options: GlobalOptions,
  question: string,
  name: string,
  what = 'the plan’s name',
): Promise<void> {
  if (options.confirm === undefined && isInteractive(options)) {
    if ((await ask(`${question}\nType ${name} to go on: `)).trim() !== name) throw declined()
    return
  }
  if (options.confirm === name) return
  const problem =
    options.confirm === undefined
      ? `it wants ${what} typed`
      : `--confirm says "${options.confirm}", not "${name}"`
  throw new MigrateError('confirmation-missing', `${question} ${problem}`, {
    next: [`run the same command again with --confirm ${name}`],
  })
}

function isInteractive({ input, json }: GlobalOptions): boolean {
  return process.stdin.isTTY && input !== false && json !== true
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question(question)
  } finally {
    terminal.close()
  }
}

function declined(): MigrateError {
  return new MigrateError('confirmation-missing', 'not confirmed; nothing was done')
}
