import { ident } from '../pg/quoting.ts'
import { Session } from '../pg/session.ts'
import type { Cell, Expectation, SqlProbeSpec } from '../plan/probes.ts'
import { notReading } from './reading.ts'
import type { Probe, ProbeFinding } from './probe.ts'

type Rows = readonly (readonly (string | null)[])[]

/** A statement of the operator gives what it must. */
export function sqlProbe(spec: SqlProbeSpec): Probe {
  const { name, database, budgetMs } = spec
  return {
    id: name,
    title: 'a statement of the plan gives what it must',
    budgetMs,
    async run({ session, plan }) {
      const alias = database ?? session.target.alias
      if (alias === session.target.alias) return check(spec, await ask(session, spec))
      const target = { alias, url: plan.databases[alias]!.url }
      await using other = await Session.connect(target, `migrate/${plan.name}/probes`)
      return check(spec, await ask(other, spec))
    },
  }
}

/** Reads only, by the search_path that clients get, and leaves nothing. */
async function ask(session: Session, { sql, as, budgetMs }: SqlProbeSpec): Promise<Rows> {
  const refusal = await notReading(sql)
  if (refusal !== undefined) throw new Error(refusal)
  await session.script('begin read only; set local search_path to default')
  try {
    await session.script(`set local statement_timeout = ${budgetMs}`)
    if (as !== undefined) await session.script(`set local role ${ident(as)}`)
    return await session.cells(sql)
  } finally {
    await session.script('rollback').catch(() => undefined)
  }
}

function check({ name, expect }: SqlProbeSpec, rows: Rows): ProbeFinding[] {
  const text = problem(expect, rows)
  if (text === undefined) return []
  const shown = rows.slice(0, 10).map((row) => row.map((value) => value ?? 'NULL').join(' | '))
  return [{ severity: 'error', on: name, text, ...(shown.length === 0 ? {} : { evidence: shown }) }]
}

function problem({ value, rows: wanted, empty, min, max }: Expectation, rows: Rows): string | undefined {
  if (empty === true) return rows.length === 0 ? undefined : `expected no row, got ${rows.length}`
  if (wanted !== undefined) {
    const isSame =
      rows.length === wanted.length &&
      rows.every(
        (row, n) => row.length === wanted[n]!.length && row.every((got, m) => isCell(got, wanted[n]![m]!)),
      )
    return isSame ? undefined : `the ${rows.length} rows are not the ${wanted.length} expected ones`
  }
  const [row, another] = rows
  if (row === undefined || another !== undefined || row.length !== 1)
    return `expected one row of one value, got ${rows.length} rows of ${row?.length ?? 0}`
  const got = row[0] as string | null
  if (value !== undefined)
    return isCell(got, value) ? undefined : `expected ${String(value)}, got ${got ?? 'NULL'}`
  const isWithin =
    got !== null &&
    isNumber(got) &&
    (min === undefined || compared(got, min) >= 0) &&
    (max === undefined || compared(got, max) <= 0)
  if (isWithin) return undefined
  const bounds = [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ]
  return `expected ${bounds.join(' and ')}, got ${got ?? 'NULL'}`
}

/** The server writes true as t, and a number with its scale. */
function isCell(got: string | null, wanted: Cell): boolean {
  if (wanted === null || got === null) return got === wanted
  if (typeof wanted === 'boolean') return got === (wanted ? 't' : 'f')
  return typeof wanted === 'number' ? isNumber(got) && compared(got, wanted) === 0 : got === wanted
}

/** As the server writes numbers; infinity is one too. */
function isNumber(text: string): boolean {
  return /^-?(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)$/i.test(text)
}

/** Whole numbers are compared in full: beyond 2^53 two of them may be the same to JavaScript. */
function compared(got: string, wanted: number): number {
  const whole = /^(-?\d+)(\.0+)?$/.exec(got)?.[1]
  if (whole === undefined || !Number.isInteger(wanted)) return Math.sign(Number(got) - wanted)
  const difference = BigInt(whole) - BigInt(wanted)
  return difference === 0n ? 0 : difference > 0n ? 1 : -1
}
