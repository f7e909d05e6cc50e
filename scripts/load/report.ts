import { Histogram } from './histogram.ts'
import type { Failure, LongWait, Measured } from './meter.ts'

/** What clients lived through, over all processes of a load. */
export interface LoadReport {
  statements: number
  /** Operations that were performed to their end. */
  transactions: number
  /** Failed statements, lost connections and dead workers; each is in `failures`. */
  failed: number
  failures: Failure[]
  styles: Record<string, number>
  manners: Record<string, number>
  operations: Record<string, { statements: number; failed: number }>
  windows: WindowReport[]
}

/** One window: all stretches between marks of that name. Waits are of single statements, in ms. */
export interface WindowReport {
  label: string
  seconds: number
  statements: number
  p50: number
  p99: number
  max: number
  longest: LongWait[]
  waits: Histogram
}

const LONGEST = 5

/** One report from many: of several processes, or of several loads that ran side by side. */
export function mergeMeasured(parts: readonly Measured[]): LoadReport {
  const failures = mergeFailures(parts.flatMap((part) => part.failures))
  return {
    statements: sum(parts.map((part) => part.statements)),
    transactions: sum(parts.map((part) => part.transactions)),
    failed: sum(failures.map((failure) => failure.count)),
    failures,
    styles: addUp(parts.map((part) => part.styles)),
    manners: addUp(parts.map((part) => part.manners)),
    operations: mergeOperations(parts),
    windows: windowLabels(parts).map((label) => mergeWindow(label, parts)),
  }
}

function mergeWindow(label: string, parts: readonly Measured[]): WindowReport {
  const windows = parts.flatMap((part) => part.windows.filter((window) => window.label === label))
  const waits = new Histogram()
  for (const window of windows) waits.merge(window.waits)
  return {
    label,
    seconds: Math.max(...windows.map((window) => window.ms)) / 1000,
    statements: waits.count,
    p50: waits.quantile(0.5),
    p99: waits.quantile(0.99),
    max: waits.max,
    longest: windows
      .flatMap((window) => window.longest)
      .toSorted((a, b) => b.ms - a.ms)
      .slice(0, LONGEST),
    waits,
  }
}

function mergeFailures(failures: readonly Failure[]): Failure[] {
  const kinds = new Map<string, Failure>()
  for (const failure of failures) {
    const kind = `${failure.operation} ${failure.code}`
    const known = kinds.get(kind)
    if (known) known.count += failure.count
    else kinds.set(kind, { ...failure })
  }
  return [...kinds.values()]
}

function mergeOperations(parts: readonly Measured[]): LoadReport['operations'] {
  const all: LoadReport['operations'] = {}
  for (const [name, counts] of parts.flatMap((part) => Object.entries(part.operations))) {
    const known = (all[name] ??= { statements: 0, failed: 0 })
    known.statements += counts.statements
    known.failed += counts.failed
  }
  return all
}

function windowLabels(parts: readonly Measured[]): string[] {
  return [...new Set(parts.flatMap((part) => part.windows.map((window) => window.label)))]
}

function addUp(records: readonly Record<string, number>[]): Record<string, number> {
  const all: Record<string, number> = {}
  for (const [key, count] of records.flatMap((each) => Object.entries(each)))
    all[key] = (all[key] ?? 0) + count
  return all
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
