import { Histogram } from './histogram.ts'
import type { Manner } from './manner.ts'
import type { NameStyle } from './names.ts'

/** A statement that was sent, by whom, and in what way. */
export interface Sent {
  operation: string
  style: NameStyle
  manner: Manner
  text: string
}

/** Failures of one kind: how many, and the first of them in full. */
export interface Failure extends Sent {
  /** SQLSTATE, or what the connection said (`ECONNRESET`), or `workload` for a mistake in the workload. */
  code: string
  count: number
  message: string
  at: string
}

/** A wait worth naming. */
export interface LongWait extends Sent {
  ms: number
  at: string
}

/** What was measured between two marks of the same name. */
export interface Window {
  label: string
  ms: number
  waits: Histogram
  longest: LongWait[]
}

/** Everything one worker measured; plain data, so that it can travel. */
export interface Measured {
  statements: number
  transactions: number
  styles: Record<string, number>
  manners: Record<string, number>
  operations: Record<string, { statements: number; failed: number }>
  failures: Failure[]
  windows: Window[]
}

const LONGEST = 5

/** Counts and times statements; windows are the stretches between marks. */
export class Meter {
  readonly measured: Measured = {
    statements: 0,
    transactions: 0,
    styles: {},
    manners: {},
    operations: {},
    failures: [],
    windows: [],
  }
  #marks: { label: string; from: number }[] = []
  #countedUntil = performance.now()

  constructor(label: string) {
    this.mark(label)
  }

  mark(label: string): void {
    this.#countTime()
    this.#marks.push({ label, from: this.#countedUntil })
  }

  /** A statement was answered, well or badly. */
  answered(sent: Sent, start: number, end: number): void {
    const { measured } = this
    measured.statements += 1
    increase(measured.styles, sent.style)
    increase(measured.manners, sent.manner)
    this.#operation(sent.operation).statements += 1
    const ms = end - start
    const window = this.#window(this.#labelOf(start, end))
    window.waits.record(ms)
    const shortest = window.longest.at(-1)?.ms ?? 0
    if (window.longest.length < LONGEST || ms > shortest) {
      window.longest.push({ ...sent, ms, at: new Date().toISOString() })
      window.longest.sort((a, b) => b.ms - a.ms).splice(LONGEST)
    }
  }

  failed(sent: Sent, code: string, message: string): void {
    const { failures } = this.measured
    this.#operation(sent.operation).failed += 1
    const same = failures.find((each) => each.operation === sent.operation && each.code === code)
    if (same) same.count += 1
    else failures.push({ ...sent, code, message, count: 1, at: new Date().toISOString() })
  }

  /** The measurements up to now. */
  snapshot(): Measured {
    this.#countTime()
    return this.measured
  }

  #countTime(): void {
    const now = performance.now()
    const current = this.#marks.at(-1)
    if (current) this.#window(current.label).ms += now - this.#countedUntil
    this.#countedUntil = now
  }

  /**
   * A wait that straddles marks belongs to the window that holds most of it: one that began just before a
   * switch and ended in it is the switch's doing.
   */
  #labelOf(start: number, end: number): string {
    let best = { label: this.#marks[0]?.label ?? '', ms: -1 }
    let until = end
    for (const { label, from } of this.#marks.toReversed()) {
      const ms = until - Math.max(start, from)
      if (ms > best.ms) best = { label, ms }
      if (from <= start) break
      until = from
    }
    return best.label
  }

  #window(label: string): Window {
    let window = this.measured.windows.find((each) => each.label === label)
    if (!window) this.measured.windows.push((window = { label, ms: 0, waits: new Histogram(), longest: [] }))
    return window
  }

  #operation(name: string): { statements: number; failed: number } {
    return (this.measured.operations[name] ??= { statements: 0, failed: 0 })
  }
}

function increase(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1
}
