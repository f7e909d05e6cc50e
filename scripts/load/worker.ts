/** A process of clients. It is told what to do over IPC by `load.ts`, and goes when its parent goes. */
import { LoadClient } from './client.ts'
import { messageOf } from './connection.ts'
import { Meter } from './meter.ts'
import type { FromWorker, Request, ToWorker, WorkerSettings } from './settings.ts'
import type { WorkloadModule } from './workload.ts'

/** How long a statement may go unanswered after the stop. */
const GRACE_MS = 10_000
/** The ledger goes to the parent this often, so that a worker that dies takes little with it. */
const LEDGER_MS = 250

let meter: Meter | undefined
let clients: LoadClient[] = []

process.on('message', (message: ToWorker) => {
  if (message.kind === 'start') void start(message.settings)
  else void answer(message.id, message.request)
})
// Without a parent there is no one to report to; sockets and timers would keep the process for ever.
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole process group; when to stop is the parent's decision.
process.on('SIGINT', () => undefined)

async function start(settings: WorkerSettings): Promise<void> {
  try {
    const module = (await import(settings.workload)) as WorkloadModule
    const workload = module.default(settings.options)
    if (workload.operations.length === 0) throw new Error(`${settings.workload} has no operations`)
    const counted = (meter = new Meter(settings.label))
    clients = Array.from(
      { length: settings.clients },
      (_, n) => new LoadClient(settings, workload, counted, n),
    )
    await Promise.all(clients.map((client) => client.connect()))
    for (const client of clients) client.start()
    setInterval(sendLedger, LEDGER_MS)
    tell({ kind: 'ready' })
  } catch (error) {
    tell({ kind: 'broken', message: messageOf(error) })
  }
}

async function answer(id: number, request: Request): Promise<void> {
  if (!meter) return
  switch (request.ask) {
    case 'mark':
      meter.mark(request.label)
      break
    case 'pause':
      await Promise.all(clients.map((client) => client.pause()))
      break
    case 'resume':
      for (const client of clients) client.resume()
      break
    case 'stop':
      await Promise.all(clients.map((client) => client.stop(GRACE_MS)))
      break
    case 'measure':
  }
  sendLedger()
  tell({ kind: 'answer', id, measured: meter.snapshot() })
}

function sendLedger(): void {
  const entries = clients.flatMap((client) => client.pending.drain())
  if (entries.length > 0) tell({ kind: 'ledger', entries })
}

function tell(message: FromWorker): void {
  // The parent may end at any moment; then there is nobody to tell.
  if (process.connected) process.send?.(message, () => undefined)
}
