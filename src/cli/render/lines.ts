import type { Writable } from 'node:stream'
import type { Listener } from '../../events/stream.ts'
import { sentence } from './sentence.ts'

const progressEveryMs = 5_000

/** One plain line for each event, for logs and pipes; progress only now and then. */
export function lineRenderer(stream: Writable, isVerbose: boolean): Listener {
  let told = 0
  return (event) => {
    if (event.type === 'progress' || event.type === 'countdown') {
      const now = performance.now()
      const isEnd = event.type === 'progress' && event.done >= event.total
      if (now - told < progressEveryMs && !isEnd) return
      told = now
    }
    const line = sentence(event, isVerbose)
    if (line !== undefined) stream.write(`${line}\n`)
  }
}
