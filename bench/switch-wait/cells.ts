import type { Aim, Measurement } from '../benchmark.ts'
import { milliseconds, times } from '../report.ts'
import { median } from '../statistics.ts'
import type { PeerName, Performed } from './peers.ts'
import type { Window } from './window.ts'

/** One window of one peer. */
export interface Sample extends Window, Partial<Performed> {
  readonly tables: number
  readonly hasReader: boolean
  readonly peer: PeerName
  /** The quiet windows are taken in the databases of both other peers. */
  readonly database: string
  readonly round: number
}

/** The windows of one peer under the same circumstances, as one line. */
interface Cell {
  readonly tables: number
  readonly hasReader: boolean
  readonly peer: PeerName
  readonly p50: number
  readonly p99: number
  /** Median of the longest waits of each window, since a single longest wait is mostly chance; and the worst of all. */
  readonly longest: number
  readonly worst: number
  readonly ratio: number
  readonly failed: number
  readonly seconds: number
  readonly tries: number | undefined
  readonly stall: number | undefined
}

/** The default of `defaults.stallBudget`, which the plans of this benchmark leave as it is. */
const BUDGET_MS = 200

export function summarise(
  samples: readonly Sample[],
  { clients, thinkMs }: { clients: number; thinkMs: number },
): Measurement {
  const cells = toCells(samples)
  const rounds = Math.max(...samples.map(({ round }) => round))
  return {
    title: 'Longest client wait during a switch',
    notes: [
      `${clients} clients in processes of their own, ${thinkMs} ms between transactions: begin, select, update, insert, commit on random tables, by the old names, prepared; each statement is timed, waiting included`,
      `waits in ms; medians over ${rounds} rounds; windows without a switch lie between those with one`,
      'psql script: begin; alter table … set schema; create view …; commit. Run again when it was a deadlock’s victim',
      'pg-relocate: `migrate execute --phase 2`, the whole phase with its checks; stall is its own account in the journal',
      'dry run: the same with `--dry-run`, which changes nothing: what the program alone costs clients that share its processor',
      'reader: a transaction that has read one of the tables and goes on for 3 s once the switch waits for it',
    ],
    tables: [
      {
        header: [
          'tables',
          'reader',
          'peer',
          'p50',
          'p99',
          'longest',
          'worst',
          '× no switch',
          'failed',
          'tries',
          'stall',
        ],
        rows: cells.map((cell) => [
          String(cell.tables),
          cell.hasReader ? '3 s' : '–',
          cell.peer,
          milliseconds(cell.p50),
          milliseconds(cell.p99),
          milliseconds(cell.longest),
          milliseconds(cell.worst),
          times(cell.ratio),
          String(cell.failed),
          cell.tries === undefined ? '–' : String(cell.tries),
          cell.stall === undefined ? '–' : milliseconds(cell.stall),
        ]),
      },
    ],
    aims: aims(cells),
    raw: { clients, thinkMs, cells, samples },
  }
}

function toCells(samples: readonly Sample[]): Cell[] {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const key = `${sample.tables} ${sample.hasReader} ${sample.peer}`
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  const order: readonly PeerName[] = ['no switch', 'dry run', 'psql script', 'pg-relocate']
  return [...groups.values()]
    .map((group): Cell => {
      const [{ tables, hasReader, peer }] = group as [Sample]
      const quiet = groups.get(`${tables} ${hasReader} no switch`) ?? []
      const longest = median(group.map(({ max }) => max))
      const has = <T>(value: T | undefined): value is T => value !== undefined
      const tries = group.map((sample) => sample.tries).filter(has)
      const stalls = group.map((sample) => sample.stallMs).filter(has)
      return {
        tables,
        hasReader,
        peer,
        p50: median(group.map(({ p50 }) => p50)),
        p99: median(group.map(({ p99 }) => p99)),
        longest,
        worst: Math.max(...group.map(({ max }) => max)),
        ratio: longest / median(quiet.map(({ max }) => max)),
        failed: group.reduce((sum, { failed }) => sum + failed, 0),
        seconds: median(group.map(({ seconds }) => seconds)),
        tries: tries.length === 0 ? undefined : median(tries),
        stall: stalls.length === 0 ? undefined : median(stalls),
      }
    })
    .toSorted(
      (a, b) =>
        Number(a.hasReader) - Number(b.hasReader) ||
        a.tables - b.tables ||
        order.indexOf(a.peer) - order.indexOf(b.peer),
    )
}

function aims(cells: readonly Cell[]): Aim[] {
  const own = cells.filter(({ peer }) => peer === 'pg-relocate')
  const twenty = own.find(({ tables, hasReader }) => tables === 20 && !hasReader)
  const worstBehind = Math.max(...own.filter(({ hasReader }) => hasReader).map(({ worst }) => worst))
  const failed = own.reduce((sum, cell) => sum + cell.failed, 0)
  return [
    ...(twenty === undefined
      ? []
      : [
          {
            what: 'longest wait at 20 tables, against no switch',
            aim: 'at most 3×',
            found: times(twenty.ratio),
            isMet: twenty.ratio <= 3,
          },
        ]),
    {
      what: 'longest wait behind the reader, of all windows',
      aim: `at most ${BUDGET_MS} ms, the stall budget`,
      found: `${milliseconds(worstBehind)} ms`,
      isMet: worstBehind <= BUDGET_MS,
    },
    { what: 'failed statements with pg-relocate', aim: '0', found: String(failed), isMet: failed === 0 },
  ]
}
