import type { Journal } from '../journal/read.ts'
import type { StepRow } from '../journal/rows.ts'
import type { GoingSequence } from '../survey/shared-sequences.ts'

/**
 * What contract has noted of sequences that no column owns is OIDs alone. In a copy they are those that number the
 * same tables and are at their new names; a function or default that was rewritten for one names it.
 */
export function sequenceRecords(
  { steps }: Journal,
  rewritten: readonly Pick<StepRow, 'phase' | 'id' | 'record'>[],
  going: readonly GoingSequence[],
): Pick<StepRow, 'phase' | 'id' | 'record'>[] {
  return steps
    .filter(({ kind }) => kind === 'contract-sequences')
    .map(({ phase, id, record: original }) => {
      const record = rewritten.find((it) => it.phase === phase && it.id === id)?.record ?? original
      const its = going.filter(({ service }) => id === `sequences ${service}`)
      const named = (list: string): object[] =>
        ((record[list] ?? []) as { before: string }[]).map((entry) => ({
          ...entry,
          of: its.find(({ name }) => entry.before.includes(name))?.oid ?? its[0]?.oid ?? 0,
        }))
      const moved = its.filter(({ schema, target }) => schema === target).map(({ oid }) => oid)
      return {
        phase,
        id,
        record: { ...record, moved, bodies: named('bodies'), defaults: named('defaults') },
      }
    })
}
