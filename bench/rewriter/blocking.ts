import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Resolver } from '../../src/resolver/index.ts'

/** For how long a text that is new keeps everything else of its service waiting, in ms. */
export interface Blocking {
  readonly bytes: number
  /** The longest delay of the event loop, and the longest in as long a time with nothing to do. */
  readonly worst: number
  readonly idle: number
  /** Until the text is there. */
  readonly took: number
}

export async function blocking(resolver: Resolver, bytes: number, rounds: number): Promise<Blocking> {
  // The thread is started by the first.
  await resolver.rewriteAsync(text(20_000, 'first'))
  let [worst, idle, took] = [0, 0, 0]
  for (let round = 0; round < rounds; round++) {
    const sql = text(bytes, String(round))
    const began = performance.now()
    const busy = await watched(() => resolver.rewriteAsync(sql))
    const ms = performance.now() - began
    worst = Math.max(worst, busy)
    idle = Math.max(idle, await watched(() => new Promise((resolve) => setTimeout(resolve, ms))))
    took = Math.max(took, ms)
  }
  return { bytes, worst, idle, took }
}

async function watched(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await new Promise((resolve) => setTimeout(resolve, 20))
  delay.reset()
  await work()
  delay.disable()
  return delay.max / 1e6
}

function text(bytes: number, mark: string): string {
  const row = `('${mark}${'y'.repeat(14)}')`
  const rows = Array.from({ length: Math.ceil(bytes / (row.length + 2)) }, () => row)
  return `insert into users values ${rows.join(', ')}`
}
