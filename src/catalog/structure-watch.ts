import type { Session } from '../pg/session.ts'

/** The event triggers that note changes of structure by others. */
export const structureTriggers = { changes: 'migrate_notes_changes', drops: 'migrate_notes_drops' } as const

/** How they act now: 'report', 'refuse', or null where they are not there. */
export async function readStructureWatch(session: Session): Promise<string | null> {
  const [row] = await session.query<{ mode: string | null }>(
    `select obj_description(evtfoid, 'pg_proc') as mode from pg_event_trigger where evtname = $1`,
    [structureTriggers.changes],
  )
  return row?.mode ?? null
}
