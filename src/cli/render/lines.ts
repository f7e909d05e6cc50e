import type { Writable } from 'node:stream'
import type { Listener } from '../../events/stream.ts'
import { sentence } from './sentence.ts'

const progressEveryMs = 5_000

/** One plain line for each event, for logs and pipes; progress only now and then. */
export function lineRenderer(stream: Writable, isVerbose: boolean): Listener {
  let told = 0
  return (event) => {
    if (event.type === 'progress') {
      const now = performance.now()
      if (now - told < progressEveryMs && event.done < event.total) return
      told = now
    }
    const line = sentence(event, isVerbose)
    if (line !== undefined) stream.write(`${line}\n`)
  }
}
