import { batchSize } from '../movers/batches.ts'
import { qualified } from '../pg/quoting.ts'
import { newName, oldName } from '../steps/names.ts'
import { latePartitions } from '../survey/late-partitions.ts'
import type { Mapping } from '../survey/mapping.ts'
import { always, type Rule } from './rule.ts'

/** Rules about partitioned tables. */
export const partitionRules: readonly Rule[] = [
  {
    id: 'partition-jobs',
    code: 'PF-1',
    severity: 'warning',
    waivable: true,
    phases: ['expand', 'switch'],
    check: ({ tables, phase }) =>
      tables
        .filter(({ live, family, relation }) => live.kind === 'p' && family === relation)
        .map((table) => ({
          on: qualified(oldName(table)),
          ...(phase === 'expand'
            ? {
                text: 'jobs that drop its partitions fail until the end of contract, since a view depends on each; detaching works, and so does making new ones',
                remedy: 'let them detach now, and drop after contract',
              }
            : {
                text: `jobs that create its partitions by the old name (partition of ${qualified(oldName(table))}) fail after the switch`,
                remedy: `let them use ${qualified(newName(table))}`,
              }),
        })),
  },
  {
    id: 'stray-partition',
    code: 'PF-1',
    severity: 'warning',
    waivable: true,
    phases: always,
    check: ({ facts }) =>
      latePartitions(facts).map(({ relation, joins }) => ({
        on: qualified(relation),
        text: joins
          ? 'it is a partition that has come since the run began: it becomes part of the move with the next command'
          : 'it is a partition of a moved table, in a schema where the move does not expect it: it goes on working and stays there',
      })),
  },
  {
    id: 'large-family',
    code: 'PF-1',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    check: ({ tables }) => {
      const families = new Map<number, number>()
      for (const { family } of tables) families.set(family, (families.get(family) ?? 0) + 1)
      return tables
        .filter((table) => table.relation === table.family && families.get(table.family)! > batchSize)
        .map((table) => ({
          on: qualified(oldName(table)),
          text: `it has ${families.get(table.family)! - 1} partitions, which move in one transaction: a stall of about ${families.get(table.family)! * 2} ms`,
        }))
    },
  },
  {
    id: 'partition-gone',
    code: 'PF-23',
    severity: 'info',
    waivable: true,
    phases: always,
    check: ({ facts }) =>
      facts.missing.filter(isPartition).map((mapping) => ({
        on: qualified(oldName(mapping)),
        text: 'the partition was dropped since the run began',
      })),
  },
]

function isPartition({ relation, family }: Mapping): boolean {
  return relation !== family
}
