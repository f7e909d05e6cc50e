import { dollarQuoted, ident, literal, qualified } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import { commentOn } from './comments.ts'
import { newName, oldName } from './names.ts'
import { aside, dropAside, setAside, takeBack } from './old-aside.ts'
import type { OldName } from './old-name.ts'
import { standIn } from './stand-in.ts'
import { attach, detach, moveSequences } from './sequences.ts'
import { dressed } from './view.ts'

/**
 * A partitioned table under the old name, of which the moved table is the only partition: a real table for TRUNCATE,
 * COPY FROM, system columns and constraints by name (manual, chapter 5.11). Dropping it would drop the rows, so it is
 * detached first, always.
 */
export const shellOldName: OldName = {
  dropped: 'the partitioned table under the old name, from which the table is detached first',
  lockBack: oldName,
  other: aside,
  forward: (table) => [
    ...detach(table),
    ...setAside(table),
    `alter table ${qualified(oldName(table))} set schema ${ident(table.target)}`,
    ...createShell(table),
    ...attach(table, oldName(table)),
  ],
  back: (table) => [
    ...detach(table),
    ...dropShell(table),
    `alter table ${qualified(newName(table))} set schema ${ident(table.source)}`,
    ...takeBack(table),
    ...attach(table, oldName(table)),
  ],
  contract: (table) => [
    ...detach(table),
    ...dropShell(table),
    ...moveSequences(table, table.source, table.target),
    ...attach(table, newName(table)),
    ...dropAside(table),
  ],
  recreate: (table, planName) => [
    ...standIn(aside(table), table, planName),
    ...detach(table, table.target),
    `set local lock_timeout = 20`,
    ...moveSequences(table, table.target, table.source),
    ...createShell(table),
    ...attach(table, oldName(table)),
  ],
}

function createShell(table: TableFacts): string[] {
  const [shell, partition] = [qualified(oldName(table)), qualified(newName(table))]
  const key = table.live.primaryKey.map(ident).join(', ')
  const method = table.live.primaryKey.length === 1 ? 'list' : 'range'
  return [
    `create table ${shell} (like ${partition} including defaults including constraints including generated including storage including comments) ` +
      `partition by ${method} (${key})`,
    // By its own name, so that ON CONFLICT ON CONSTRAINT goes on working.
    `alter table ${shell} add constraint ${ident(table.live.primaryKeyName!)} ${table.live.primaryKeyDefinition!}`,
    `alter table ${shell} attach partition ${partition} default`,
    ...dressed(shell, 'table', table),
    ...(table.live.comment === null ? [] : [commentOn('table', shell, table.live.comment)]),
  ]
}

function dropShell(table: TableFacts): string[] {
  return [
    `alter table ${qualified(oldName(table))} detach partition ${qualified(newName(table))}`,
    refuseOtherPartitions(table),
    `drop table ${qualified(oldName(table))} restrict`,
  ]
}

/** RESTRICT does not protect partitions: one that somebody has made since would go with its rows. */
function refuseOtherPartitions(table: TableFacts): string {
  const shell = qualified(oldName(table))
  return `do ${dollarQuoted(`
begin
  if exists (select from pg_inherits where inhparent = ${literal(shell)}::regclass) then
    raise exception 'partitions were made below %, which would be dropped with it', ${literal(shell)} using errcode = 'MG002';
  end if;
end
`)}`
}
