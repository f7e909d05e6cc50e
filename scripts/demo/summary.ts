import type { LedgerCheck } from '../load/check-ledger.ts'
import { manners } from '../load/manner.ts'
import type { LoadReport } from '../load/report.ts'
import { quote, say, verdict } from './screen.ts'
import { count, ms, table } from './table.ts'
import { labels } from './traffic.ts'

/** What the demo measured and compared. */
export interface Findings {
  old: LoadReport
  new: LoadReport
  both: LoadReport
  ledger: LedgerCheck
  rows: { when: string; differences: string[] }[]
  oldNamesLeft: string[]
  builtRows: number
}

/** Prints the findings; true when nothing failed. */
export function summarise(findings: Findings): boolean {
  say('')
  for (const line of table(statements(findings))) say(line)
  say('')
  for (const line of table(waits(findings.both))) say(line)
  say('')
  say('the longest waits while a switch ran (its backup, swap and checks), at their end')
  for (const line of table(longest(findings.both))) quote(line)
  say('')
  const verdicts = judge(findings)
  for (const { isRight, text, details } of verdicts) {
    verdict(isRight, text)
    for (const detail of details) quote(detail)
  }
  return verdicts.every(({ isRight }) => isRight)
}

/** How many statements went out, and in what spelling and manner; BEGIN and COMMIT count as statements too. */
function statements({ old, new: fresh, both }: Findings): string[][] {
  const row = (name: string, report: LoadReport): string[] => [
    name,
    ...[report.statements, report.failed, report.transactions].map(count),
    ...spellings.map((each) => count(report.styles[each] ?? 0)),
    ...manners.map((each) => count(report.manners[each] ?? 0)),
  ]
  return [
    ['clients', 'statements', 'failed', 'operations', 'users', 'public.users', 'service.users', ...manners],
    row('old names', old),
    row('new names', fresh),
    row('both', both),
  ]
}

const spellings = ['unqualified', 'public', 'schema'] as const

/** The order of the story, not of first appearance. */
function waits(report: LoadReport): string[][] {
  const rows = Object.values(labels).flatMap((label) => {
    const window = report.windows.find((each) => each.label === label)
    if (!window || window.statements === 0) return []
    const { seconds, p50, p99, max } = window
    return [[label, `${seconds.toFixed(1)} s`, count(window.statements), ms(p50), ms(p99), ms(max)]]
  })
  return [['waits of single statements', 'time', 'statements', 'median', 'p99', 'longest'], ...rows]
}

function longest(report: LoadReport): string[][] {
  const window = report.windows.find(({ label }) => label === labels.switch)
  return (window?.longest ?? []).map((wait) => [
    `${wait.at.slice(11, 23)}  ${wait.operation}: ${wait.text.replaceAll(/\s+/g, ' ').slice(0, 60)}`,
    wait.manner,
    ms(wait.ms),
  ])
}

interface Verdict {
  isRight: boolean
  text: string
  details: string[]
}

function judge(findings: Findings): Verdict[] {
  const { old, new: fresh, both, ledger, rows, oldNamesLeft } = findings
  const during = both.windows.find(({ label }) => label === labels.switch)?.statements ?? 0
  return [
    {
      isRight: both.failed === 0,
      text: `failed statements: ${count(both.failed)}`,
      details: both.failures.map(
        (each) => `${each.count}× ${each.code} in "${each.operation}": ${each.message} — ${each.text}`,
      ),
    },
    {
      isRight: ledger.isComplete,
      text:
        `ledger: ${count(ledger.present)} acknowledged rows present, ${count(ledger.gone)} deleted rows gone, ` +
        `${count(ledger.counters)} counters right, ${count(ledger.unknown)} outcomes unknown`,
      details: ledger.complaints.slice(0, 20),
    },
    ...rows.map(({ when, differences }) => ({
      isRight: differences.length === 0,
      text: `${when.startsWith('every') ? '' : `${count(findings.builtRows)} built rows unchanged `}${when}`,
      details: differences,
    })),
    {
      isRight: oldNamesLeft.length === 0,
      text: `old names left after contract: ${oldNamesLeft.length}`,
      details: oldNamesLeft,
    },
    {
      // A demo without traffic would prove nothing.
      isRight: old.statements > 0 && fresh.statements > 0 && during > 0,
      text: `statements while a switch ran: ${count(during)}`,
      details: [],
    },
  ]
}
