import ora from 'ora'
import type { Listener } from '../../events/stream.ts'
import { countdown, progress, sentence } from './sentence.ts'

/** A spinner with what is being done, and a line that stays for each step that is done. */
export function spinnerRenderer(): Listener {
  const spinner = ora({ stream: process.stderr, discardStdin: false })
  let current = ''
  return (event) => {
    switch (event.type) {
      case 'step:start':
        current = event.summary
        spinner.start(current)
        return
      case 'step:end':
        spinner.succeed(current)
        return
      case 'progress':
        if (spinner.isSpinning && current !== '') spinner.text = `${current}  ${progress(event)}`
        // Work outside of a step has no line of its own that stays.
        else if (event.done >= event.total) spinner.stop()
        else spinner.start(progress(event))
        return
      case 'countdown':
        current = countdown(event)
        if (event.leftMs === 0) spinner.stop()
        else if (spinner.isSpinning) spinner.text = current
        else spinner.start(current)
        return
      case 'action:retry':
        spinner.text = `${current}  try ${event.attempt}: ${event.blockers[0] ?? event.reason}`
        return
      case 'run:end':
        if (spinner.isSpinning) spinner.fail(current)
        return
      default: {
        const line = sentence(event, false)
        if (line === undefined) return
        if (spinner.isSpinning) spinner.clear()
        process.stderr.write(`${line}\n`)
      }
    }
  }
}
