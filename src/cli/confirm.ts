import { createInterface } from 'node:readline/promises'
import { MigrateError } from '../errors/migrate-error.ts'
import type { CommandContext, GlobalOptions } from './context.ts'

/** What is asked, and how it may be answered or broken off. */
type Asking = Pick<CommandContext, 'options' | 'signal'>

/** Asks yes or no for a change that can be undone; `--yes` answers. */
export async function confirmChange({ options, signal }: Asking, question: string): Promise<void> {
  if (options.yes === true || options.confirm !== undefined) return
  if (!isInteractive(options)) {
    throw new MigrateError('confirmation-missing', `${question} There is nobody to ask`, {
      next: ['run the same command again with --yes'],
    })
  }
  const answer = await ask(`${question} [y/N] `, signal)
  if (!/^y(es)?$/i.test(answer.trim())) throw declined()
}

/** Wants a name typed for a change that others may feel or that gives something up; `--yes` does not cover it, `--confirm NAME` does. */
export async function confirmByName(
  { options, signal }: Asking,
  question: string,
  name: string,
  what = 'the plan’s name',
): Promise<void> {
  if (options.confirm === undefined && isInteractive(options)) {
    if ((await ask(`${question}\nType ${name} to go on: `, signal)).trim() !== name) throw declined()
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

/** The answer; Ctrl-C, a signal or the end of the input are answers too. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const end = new AbortController()
  const broken = new Promise<never>((_, reject) => {
    const { signal: ended } = end
    const stop = (): void => reject(brokenOff(signal.reason === 'SIGTERM' ? 'terminated' : 'interrupted'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { signal: ended })
    // In raw mode Ctrl-C is a key and no signal.
    terminal.on('SIGINT', () => reject(brokenOff('interrupted')))
    terminal.on('close', () => reject(declined()))
  })
  try {
    return await Promise.race([terminal.question(question), broken])
  } finally {
    end.abort()
    terminal.close()
  }
}

function brokenOff(code: 'interrupted' | 'terminated'): MigrateError {
  process.stderr.write('\n')
  return new MigrateError(code, 'broken off at the question; nothing was done', { next: ['migrate status'] })
}

function declined(): MigrateError {
  return new MigrateError('confirmation-missing', 'not confirmed; nothing was done')
}
