import { measureContent } from '../content/measure.ts'
import { Progress } from '../events/progress.ts'
import { qualified } from '../pg/quoting.ts'
import { newName, oldName } from '../steps/names.ts'
import type { Probe, ProbeFinding } from './probe.ts'

/** Both names show the same rows: counted and summed in one snapshot. */
export const content: Probe = {
  id: 'content',
  title: 'row counts and checksums are the same by old and new name',
  async run({ session, tables, events }) {
    const readable = tables.filter(
      ({ location }) => location.stand !== 'missing' && location.stand !== 'foreign',
    )
    const progress = new Progress(events, 'content', readable.length, 'tables')
    const findings: ProbeFinding[] = []
    await session.script('begin isolation level repeatable read read only')
    try {
      for (const table of readable) {
        const places = table.location.view === null ? [] : [oldName(table), newName(table)]
        const [old, new_] = await measureContent(session, places)
        if (
          old !== undefined &&
          new_ !== undefined &&
          (old.rows !== new_.rows || old.checksum !== new_.checksum)
        ) {
          findings.push({
            severity: 'error',
            on: qualified(oldName(table)),
            text: 'old and new name show different rows',
            evidence: [
              `${qualified(oldName(table))}: ${old.rows} rows, ${old.checksum}`,
              `${qualified(newName(table))}: ${new_.rows} rows, ${new_.checksum}`,
            ],
          })
        }
        const [measured] =
          old === undefined
            ? await measureContent(session, [{ schema: table.live.schema, name: table.live.name }])
            : [old]
        findings.push({
          severity: 'info',
          on: qualified(oldName(table)),
          text: `${measured!.rows} rows, checksum ${measured!.checksum}`,
        })
        progress.add(1)
      }
    } finally {
      await session.script('rollback')
    }
    return findings
  },
}
