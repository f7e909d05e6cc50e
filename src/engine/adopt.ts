import { qualified } from '../pg/quoting.ts'
import { oldName } from '../steps/names.ts'
import type { Facts } from '../survey/facts.ts'
import { latePartitions } from '../survey/late-partitions.ts'
import type { Mapping } from '../survey/mapping.ts'
import { readBaselines } from './baseline.ts'
import type { Work } from './work.ts'
import { survey } from './workspace.ts'

/**
 * Partitions that were made or attached since the run began become part of it: they go with their table, and come back
 * with it. Those in a schema that is neither the old nor the new one stay where somebody put them.
 */
export async function adoptPartitions(work: Work): Promise<void> {
  const { facts, journal } = await survey(work)
  if (journal?.run.state !== 'active') return
  const adopted = candidates(facts)
  if (adopted.length === 0) return
  const baselines = await readBaselines(
    work.session,
    adopted.map(({ relation }) => relation),
  )
  await work.journal.adopt(
    work.run,
    adopted.map((mapping) => ({ ...mapping, baseline: baselines.get(mapping.relation)! })),
  )
  for (const mapping of adopted)
    work.events.emit({
      type: 'notice',
      level: 'info',
      text: `partition ${qualified(oldName(mapping))} has come since the run began: it goes with its table`,
    })
}

function candidates(facts: Facts): Mapping[] {
  return latePartitions(facts)
    .filter(({ joins }) => joins)
    .map(({ relation: { oid, name }, table: { service, source, target, compat, family } }) => ({
      relation: oid,
      name,
      service,
      source,
      target,
      compat,
      family,
      isAdopted: true,
    }))
}
