import { compareTables, type TableComparison } from '../content/compare.ts'
import { describeDifference } from '../content/difference.ts'
import { readKeys } from '../content/key.ts'
import { measureContent } from '../content/measure.ts'
import { Progress } from '../events/progress.ts'
import { qualified } from '../pg/quoting.ts'
import { newName, oldName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Probe, ProbeContext, ProbeFinding } from './probe.ts'

/**
 * Both names show the same rows. A chunk of keys is read by both in one statement, so that it does not matter who writes
 * meanwhile, and no snapshot is held for longer than that.
 */
export const content: Probe = {
  id: 'content',
  title: 'row counts and checksums are the same by old and new name',
  async run(context) {
    const readable = context.tables.filter(
      ({ location }) => location.stand !== 'missing' && location.stand !== 'foreign',
    )
    const progress = new Progress(context.events, 'content', readable.length, 'tables')
    const findings: ProbeFinding[] = []
    for (const table of readable) {
      findings.push(...(await check(context, table)))
      progress.add(1)
    }
    return findings
  },
}

async function check({ session }: ProbeContext, table: TableFacts): Promise<ProbeFinding[]> {
  const on = qualified(oldName(table))
  const live = { schema: table.live.schema, name: table.live.name }
  if (table.location.view === null) {
    const [sum] = await measureContent(session, [live])
    return [{ severity: 'info', on, text: `${sum!.rows} rows, checksum ${sum!.checksum}` }]
  }
  const isNew = qualified(live) === qualified(newName(table))
  const [key] = await readKeys(session, live)
  const comparison = await compareTables(
    { session, relation: live },
    { session, relation: isNew ? oldName(table) : newName(table) },
    key === undefined ? {} : { key },
  )
  return [...different(on, comparison), { severity: 'info', on, text: told(comparison) }]
}

function told({ rows, checksums }: TableComparison): string {
  return `${rows[0]} rows, checksum ${checksums[0]}`
}

function different(on: string, comparison: TableComparison): ProbeFinding[] {
  if (comparison.isEqual) return []
  const { shape, differences, key } = comparison
  return [
    {
      severity: 'error',
      on,
      text: 'old and new name show different rows',
      evidence: [...shape, ...differences.slice(0, 100).map((each) => describeDifference(each, key))],
    },
  ]
}
