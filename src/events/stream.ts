import type { MigrateEvent } from './event.ts'

export type Listener = (event: MigrateEvent) => void

/**
 * The one stream of events. Listeners are called synchronously, in the order they came, before and after every
 * boundary of the work; one that throws is dropped and reported, and never breaks the run.
 */
export class EventStream {
  readonly #listeners = new Set<Listener>()

  on(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(event: MigrateEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        this.#listeners.delete(listener)
        this.emit({
          type: 'notice',
          level: 'warning',
          text: `an event listener failed and was removed: ${String(error)}`,
        })
      }
    }
  }
}
