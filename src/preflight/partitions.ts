import { batchSize } from '../movers/batches.ts'
import { qualified } from '../pg/quoting.ts'
import { newName, oldName } from '../steps/names.ts'
import { always, type Rule } from './rule.ts'

/** Rules about partitioned tables. */
export const partitionRules: readonly Rule[] = [
  {
    id: 'partition-jobs',
    code: 'PF-1',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    check: ({ tables }) =>
      tables
        .filter(({ live, family, relation }) => live.kind === 'p' && family === relation)
        .map((table) => ({
          on: qualified(oldName(table)),
          text: `jobs that create its partitions by the old name (partition of ${qualified(oldName(table))}) fail after the switch`,
          remedy: `let them use ${qualified(newName(table))}`,
        })),
  },
  {
    id: 'stray-partition',
    code: 'PF-1',
    severity: 'warning',
    waivable: true,
    phases: always,
    check: ({ facts }) =>
      facts.resolved.strayPartitions.map(({ relation }) => ({
        on: qualified(relation),
        text: 'it is a partition of a moved table but not part of the move (in another schema, or made since the run began): it goes on working and stays where it is',
        remedy: 'after contract: alter table … set schema …',
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
]
