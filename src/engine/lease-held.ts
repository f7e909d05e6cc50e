import { leaseLock } from '../journal/lease.ts'
import type { Workspace } from './workspace.ts'

/** Does anybody run the plan now? The lock goes with its holder’s session, whatever the row says. */
export async function isLeaseHeld({ session, plan }: Workspace): Promise<boolean> {
  const { held } = await session.one<{ held: boolean }>(
    `select exists (
       select from pg_locks l where l.locktype = 'advisory' and l.granted
          and l.database = (select oid from pg_database where datname = current_database())
          and l.classid = (hashtext($2)::bigint & 4294967295)::oid
          and l.objid = (hashtext($1)::bigint & 4294967295)::oid and l.objsubid = 2) as held`,
    [plan.name, leaseLock],
  )
  return held
}
