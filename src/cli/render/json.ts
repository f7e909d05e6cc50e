import type { Writable } from 'node:stream'
import type { Listener } from '../../events/stream.ts'

/** One JSON object a line for each event. The result goes to standard output, so these go beside it. */
export function jsonRenderer(stream: Writable): Listener {
  let sequence = 0
  return (event) => {
    stream.write(
      `${JSON.stringify({ format: 1, sequence: ++sequence, at: new Date().toISOString(), ...event })}\n`,
    )
  }
}
