import type { EventStream } from '../../events/stream.ts'
import type { GlobalOptions } from '../context.ts'
import { jsonRenderer } from './json.ts'
import { lineRenderer } from './lines.ts'

/** A terminal gets a spinner, everything else plain lines; `--json` JSON lines; `--quiet` nothing but the result. */
export async function attachRenderer(events: EventStream, options: GlobalOptions): Promise<void> {
  if (options.json === true) events.on(jsonRenderer(process.stderr))
  else if (options.quiet === true) return
  // Most programs that call the command show no spinner, and need not load one.
  else if (isAnimated(options)) events.on((await import('./spinner.ts')).spinnerRenderer())
  else events.on(lineRenderer(process.stderr, options.verbose === true))
}

function isAnimated({ verbose }: GlobalOptions): boolean {
  // A terminal that tells no width (under script or expect) would make the spinner clear lines without end.
  const hasWidth = process.stderr.isTTY && process.stderr.columns > 0
  return hasWidth && verbose !== true && !('CI' in process.env) && process.env['TERM'] !== 'dumb'
}
