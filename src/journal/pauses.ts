import { journalSchema as schema } from '../catalog/names.ts'
import { literal } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import type { Lease } from './lease.ts'

/** Notes a pause before it is asked for, so that whoever comes after a runner that was killed knows whose it is. */
export async function notePause(
  session: Session,
  lease: Lease,
  run: number,
  database: string,
): Promise<void> {
  await session.script(
    `begin read write; ${lease.fence};
     insert into ${schema}.pauses (run, database) values (${run}, ${literal(database)})
       on conflict (run, database) do update set paused_at = clock_timestamp();
     commit`,
  )
}

export async function forgetPause(session: Session, run: number, database: string): Promise<void> {
  await session.query(`delete from ${schema}.pauses where run = $1 and database = $2`, [run, database])
}

/** Pauses that nobody has noted the end of. */
export async function openPauses(session: Session, run: number): Promise<string[]> {
  const rows = await session.query<{ database: string }>(
    `select database from ${schema}.pauses where run = $1 order by 1`,
    [run],
  )
  return rows.map(({ database }) => database)
}
