import { open, writeFile } from 'node:fs/promises'
import { qualified } from '../pg/quoting.ts'
import type { Side, TableComparison } from './compare.ts'
import { repairStatements } from './repair.ts'

export interface Repair {
  readonly left: Side
  readonly right: Side
  readonly comparison: TableComparison
}

/** Writes a script that makes the right sides like the left ones; only the operator can read it. */
export async function writeRepair(path: string, repairs: readonly Repair[]): Promise<void> {
  await writeFile(path, repairHead, { mode: 0o600 })
  await using file = await open(path, 'a')
  for (const { left, right, comparison } of repairs) {
    if (comparison.differences.length === 0) continue
    await file.write(`\n-- ${qualified(right.relation)}: ${comparison.differences.length} differences\n`)
    for await (const statement of repairStatements(left, right, comparison))
      await file.write(`${statement};\n`)
  }
  await file.write('\ncommit;\n')
}

const repairHead = `-- Makes the tables below like those of the other database, as they were when this was written.
-- Read it before you run it: psql --set ON_ERROR_STOP=1 --file THIS "$DATABASE"
begin;
-- No trigger acts on it, and foreign keys are not checked. Needs a superuser, or the right to SET it.
set local session_replication_role = replica;
set local search_path = pg_catalog;
set local datestyle = 'ISO, YMD';
set local intervalstyle = 'postgres';
set local timezone = 'UTC';
set local standard_conforming_strings = on;
`
