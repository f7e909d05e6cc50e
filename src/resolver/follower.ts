import type { OnProblem } from './problem.ts'
import type { Snapshot } from './snapshot.ts'
import { messageOf, type Source } from './source.ts'

/** The first wait after a failure, and the longest. */
const shortestMs = 100
const longestMs = 30_000
/** A phase of a thousand steps tells of each: between two readings for that reason there is at least this. */
const betweenMs = 200

export interface FollowSettings {
  readonly source: Source
  /** How often the source is asked though it told of nothing. */
  readonly pollMs: number
  readonly onProblem: OnProblem
  /** Takes what was read; says what is wrong with it where it does not take it. */
  readonly onSnapshot: (snapshot: Snapshot | undefined) => void
}

/**
 * Keeps a mapping as its source has it: reads when it is told of a change, and at intervals in any case, since what is told
 * can be lost. One reading at a time; a change that is told during one leads to another. After a failure the waits double,
 * with some chance in them, so that a thousand services do not come back at once.
 */
export class Follower {
  readonly #settings: FollowSettings
  #reading: Promise<void> | undefined
  #again: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #readAt = -Infinity
  #isTold = false
  #isClosed = false

  constructor(settings: FollowSettings) {
    this.#settings = settings
  }

  /** To be called when the source has told of a change: reads at once, or when the last reading is long enough ago. */
  tell(): void {
    const restMs = this.#readAt + betweenMs - performance.now()
    if (restMs <= 0) void this.refresh()
    else if (!this.#isTold && !this.#isClosed) {
      this.#isTold = true
      setTimeout(() => void this.refresh(), restMs).unref()
    }
  }

  /** Reads once more, after what is being read; resolves when it was tried. */
  refresh(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    if (this.#reading === undefined) return this.#begin()
    this.#again ??= this.#reading.then(() => {
      this.#again = undefined
      return this.refresh()
    })
    return this.#again
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#settings.source.close()
    await this.#reading
  }

  #begin(): Promise<void> {
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined
      this.#wait()
    })
    return this.#reading
  }

  async #read(): Promise<void> {
    const { source, onSnapshot, onProblem } = this.#settings
    this.#readAt = performance.now()
    this.#isTold = false
    try {
      const snapshot = await source.read()
      this.#failures = 0
      if (!this.#isClosed) onSnapshot(snapshot)
    } catch (error) {
      if (this.#isClosed) return
      this.#failures += 1
      // Told once, not at every vain try.
      if (this.#failures === 1)
        onProblem({
          kind: 'lost',
          text: `the mapping cannot be read, the last one is kept: ${messageOf(error)}`,
          cause: error,
        })
    }
  }

  #wait(): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.refresh(), this.#pauseMs()).unref()
  }

  #pauseMs(): number {
    const { pollMs } = this.#settings
    if (this.#failures === 0) return pollMs
    const most = Math.min(longestMs, shortestMs * 2 ** (this.#failures - 1))
    return most / 2 + (Math.random() * most) / 2
  }
}
