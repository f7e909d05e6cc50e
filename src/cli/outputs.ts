import type { Writable } from 'node:stream'

/**
 * Nobody may be reading any more: `| head` closes its end, a terminal goes away, a disk is full. The work goes on all the
 * same, in silence, and its result is in the exit code.
 */
export function keepWorkingUnread(...outputs: readonly Writable[]): void {
  for (const output of outputs) output.on('error', () => undefined)
}
