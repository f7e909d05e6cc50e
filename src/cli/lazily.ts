import type { Command } from 'commander'
import type { CommandContext } from './context.ts'

/** A file of work/: what a command does, given its arguments and then its options as commander gives them. */
interface Work<Args extends unknown[]> {
  work(context: CommandContext, ...args: Args): Promise<void>
}

/**
 * The action of a command whose code is loaded when it was chosen: `--help`, a slip in the arguments and other commands
 * do not wait for it. Whatever may be shown at the end is loaded before the beginning, so that a long run does not
 * find another version of it when the package was updated meanwhile.
 */
export function lazily<Args extends unknown[]>(
  signal: AbortSignal,
  load: () => Promise<Work<Args>>,
): (...given: [...Args, Command]) => Promise<void> {
  return async (...given) => {
    const args = given.slice(0, -1) as Args
    const command = given.at(-1) as Command
    const [{ commandContext }, { work }] = await Promise.all([
      import('./context.ts'),
      load(),
      import('./render/error.ts'),
    ])
    await work(await commandContext(command, signal), ...args)
  }
}
