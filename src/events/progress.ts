import type { EventStream } from './stream.ts'

/** Reports how far a long piece of work is: at most four times a second, and once at the end. */
export class Progress {
  readonly #events: EventStream
  readonly #subject: string
  readonly #unit: string
  readonly #total: number
  readonly #began = performance.now()
  #done = 0
  #told = 0

  constructor(events: EventStream, subject: string, total: number, unit: string) {
    this.#events = events
    this.#subject = subject
    this.#total = total
    this.#unit = unit
  }

  add(amount: number): void {
    this.set(this.#done + amount)
  }

  set(done: number): void {
    this.#done = done
    const now = performance.now()
    if (now - this.#told < 250 && done < this.#total) return
    this.#told = now
    const seconds = (now - this.#began) / 1000
    const rate = seconds > 0 ? done / seconds : 0
    const left = this.#total - done
    this.#events.emit({
      type: 'progress',
      subject: this.#subject,
      done,
      total: this.#total,
      unit: this.#unit,
      rate,
      etaMs: rate > 0 && left > 0 ? Math.round((left / rate) * 1000) : left > 0 ? null : 0,
    })
  }
}
