/**
 * A process that outlives its runner for a moment: should the runner end between PAUSE and RESUME, the kernel closes
 * the pipe between them, and this process resumes. Its input is a line with the charge, then `arm` before each PAUSE
 * and `rest` after each RESUME.
 */
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { AdminConsole } from '../pg/console.ts'
import type { Charge } from './guard.ts'

const retryMs = 200
const giveUpMs = 3_600_000
/** A PAUSE may still be on its way when its sender is gone already. */
const lingerMs = 1_000

let limit: NodeJS.Timeout | undefined

async function main(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done === true) return
  const charge = JSON.parse(first.value) as Charge
  await using reached = await AdminConsole.open(charge.url)
  await reached.databases()
  process.stdout.write('ready\n')
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
    clearTimeout(limit)
    limit = next.value === 'arm' ? setTimeout(() => void resume(charge), charge.limitMs) : undefined
  }
  if (limit === undefined) return
  clearTimeout(limit)
  await resume(charge)
}

/** Tries until the console answers: a pooler that was restarted is not paused any more. */
async function resume({ url, database }: Charge): Promise<void> {
  let answeredAt: number | undefined
  for (const began = performance.now(); performance.now() - began < giveUpMs; await sleep(retryMs)) {
    try {
      await using console = await AdminConsole.open(url)
      await console.resume(database)
      answeredAt ??= performance.now()
      if (performance.now() - answeredAt >= lingerMs) return
    } catch {
      answeredAt = undefined
    }
  }
}

// Ctrl-C in the runner’s terminal is the runner’s alone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
await main()
