import type { MigrateEvent } from '../events/event.ts'
import type { EventStream } from '../events/stream.ts'
import type { JournalWriter } from './writer.ts'

/** Events that tell the story of a run; progress and single actions would only fill the table. */
const kept: ReadonlySet<MigrateEvent['type']> = new Set([
  'lease:taken',
  'phase:start',
  'phase:end',
  'step:start',
  'step:end',
  'action:retry',
  'probe:end',
  'canary:end',
  'notice',
])

/** Listens to the events of a run and writes them to the journal when it is asked to, between transactions. */
export class EventRecorder implements Disposable {
  readonly #writer: JournalWriter
  readonly #run: number
  readonly #stop: () => void
  #waiting: (MigrateEvent & { at: string })[] = []

  constructor(events: EventStream, writer: JournalWriter, run: number) {
    this.#writer = writer
    this.#run = run
    this.#stop = events.on((event) => {
      if (kept.has(event.type)) this.#waiting.push({ ...event, at: new Date().toISOString() })
    })
  }

  async flush(): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    await this.#writer.addEvents(this.#run, batch)
  }

  [Symbol.dispose](): void {
    this.#stop()
  }
}
