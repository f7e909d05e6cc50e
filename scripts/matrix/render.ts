import { table } from '../demo/table.ts'
import type { Tally } from './run-tests.ts'

/** A row for each version, then why tests were skipped and which failed. */
export function renderMatrix(tallies: readonly Tally[]): string[] {
  const rows = tallies.map(({ version, passed, failed, skipped, seconds }) => [
    `PostgreSQL ${version}`,
    ...[passed, failed, skipped, seconds.toFixed(0)].map(String),
  ])
  return [
    '',
    ...table([['version', 'passed', 'failed', 'skipped', 'seconds'], ...rows]),
    ...tallies.flatMap(({ version, missing, failures }) => [
      ...[...missing].map(([what, tests]) => `${version}: ${tests} skipped, which need ${what}`),
      ...failures.map((name) => `${version}: failed: ${name}`),
    ]),
  ]
}
