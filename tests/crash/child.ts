// A runner in a process of its own, which kills itself where its job says: the library as any program would use it,
// with a listener on the event stream and a counter on the driver, and no hook in the code under test.
import pg from 'pg'
import { isMigrateError } from '../../src/errors/migrate-error.ts'
import { planFor } from '../support/plan.ts'
import { run, silence, undo } from '../support/run.ts'
import type { FromChild, Job } from './job.ts'

let events = 0
let writes = 0

process.on('message', (job: Job) => void perform(job))
process.on('disconnect', () => process.exit())
tell({ kind: 'ready' })

async function perform(job: Job): Promise<void> {
  countWrites(job)
  const settings = {
    waitMs: job.waitMs ?? 0,
    on: (event: { type: string }) => {
      events += 1
      if (job.kill?.at === 'event' && job.kill.number === events) die()
      tell({ kind: 'event', type: event.type, text: JSON.stringify(event) })
    },
  }
  let error
  try {
    const plan = planFor(job.url, job.sketch)
    if ('execute' in job.command) await run(plan, job.command.execute, settings)
    else if ('rollback' in job.command) await undo(plan, job.command.rollback, settings)
    else await silence(plan, job.command.scream, settings)
  } catch (failure) {
    error = isMigrateError(failure)
      ? {
          code: failure.code,
          message: [failure.message, ...failure.detail].join('\n'),
          exitCode: failure.exitCode,
        }
      : { code: 'unexpected', message: String((failure as Error).stack), exitCode: 1 }
  }
  tell({ kind: 'end', ...(error === undefined ? {} : { error }), events, writes })
}

/** Counts what the driver sends, but for reads. */
function countWrites({ kill }: Job): void {
  const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown }
  const send = prototype.query
  prototype.query = function (this: unknown, ...args: unknown[]) {
    const [first] = args
    const text = typeof first === 'string' ? first : String((first as { text?: unknown } | undefined)?.text)
    if (/^\s*(select(?! migrate\.fence)|with|set|show|reset)\b/i.test(text)) return send.apply(this, args)
    writes += 1
    if (kill?.at === 'before' && kill.number === writes) die()
    const result = send.apply(this, args)
    if (kill?.at === 'after' && kill.number === writes) die()
    return result
  }
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

function tell(message: FromChild): void {
  process.send?.(message)
}
