/** Something that is not as it was recorded. */
export interface Difference {
  readonly step: string
  readonly expected: string
  readonly got: string
}

/** What was found in one database. */
export interface Report {
  readonly name: string
  readonly tables: number
  readonly services: number
  readonly steps: number
  readonly checksums: number
  readonly seconds: number
  /** Refusals that had to be waived: `rule on object`. */
  readonly waived: readonly string[]
  readonly differences: readonly (Difference & { readonly phase: string })[]
}

/** The report as lines of text: one for the database, and an indented one for each difference. */
export function render(report: Report): string[] {
  const { differences } = report
  const facts = [
    `${report.tables} tables`,
    `${report.services} services`,
    `${report.steps} steps replayed`,
    `${report.checksums} checksums compared`,
    `${report.seconds.toFixed(1)} s`,
    ...(report.waived.length === 0 ? [] : [`waived: ${report.waived.join(', ')}`]),
  ]
  const verdict = differences.length === 0 ? 'ok' : `FAILED (${differences.length} differences)`
  const shown = differences.slice(0, MAX_SHOWN)
  return [
    `${report.name}: ${facts.join(', ')}: ${verdict}`,
    ...shown.map(
      ({ phase, step, expected, got }) =>
        `  ${oneLine(`${phase}: ${step}: expected ${expected}, got ${got}`)}`,
    ),
    ...(differences.length > shown.length ? [`  and ${differences.length - shown.length} more`] : []),
  ]
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' ⏎ ')
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line
}

const MAX_SHOWN = 200
/** Room for an error of the command line with all it says. */
const MAX_LENGTH = 4000
