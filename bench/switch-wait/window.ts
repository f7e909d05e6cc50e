import { setTimeout as sleep } from 'node:timers/promises'
import type { Load } from '../../scripts/load/load.ts'
import type { LoadReport } from '../../scripts/load/report.ts'

/** What clients lived through in one stretch of time. Waits are of single statements, in ms. */
export interface Window {
  readonly seconds: number
  readonly statements: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly longest: readonly { ms: number; text: string }[]
  readonly failed: number
  /** How many for each SQLSTATE. */
  readonly failures: Readonly<Record<string, number>>
}

/**
 * Measures while something is done, and on until the window is as long as all others: in a longer one the longest
 * wait is longer by chance alone.
 */
export async function measureWindow<T>(
  load: Load,
  label: string,
  lengthMs: number,
  act: () => Promise<T>,
): Promise<{ window: Window; outcome: T }> {
  const before = failuresOf(await load.report())
  await load.mark(label)
  const began = performance.now()
  const outcome = await act()
  await sleep(Math.max(0, lengthMs - (performance.now() - began)))
  await load.mark('between')
  const report = await load.report()
  const window = report.windows.find((each) => each.label === label)
  if (!window) throw new Error(`no client answered in the window ${label}`)
  const failures = difference(failuresOf(report), before)
  return {
    window: {
      seconds: window.seconds,
      statements: window.statements,
      p50: window.p50,
      p99: window.p99,
      max: window.max,
      longest: window.longest.map(({ ms, text }) => ({ ms, text })),
      failed: Object.values(failures).reduce((sum, count) => sum + count, 0),
      failures,
    },
    outcome,
  }
}

function failuresOf(report: LoadReport): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { code, count } of report.failures) counts.set(code, (counts.get(code) ?? 0) + count)
  return counts
}

function difference(
  after: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number>,
): Record<string, number> {
  const more = [...after].map(([code, count]) => [code, count - (before.get(code) ?? 0)] as const)
  return Object.fromEntries(more.filter(([, count]) => count > 0))
}
