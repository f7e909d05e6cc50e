import type { Probe } from './probe.ts'

/** Every foreign key from and to the tables is enforced, also where it crosses schemas now. */
export const foreignKeys: Probe = {
  id: 'foreign-keys',
  title: 'foreign keys are enforced',
  async run({ session, tables }) {
    const rows = await session.query<{ name: string; from: string; disabled: boolean }>(
      `select k.conname as name, k.conrelid::regclass::text as "from",
              exists (select from pg_trigger t where t.tgconstraint = k.oid and t.tgenabled = 'D') as disabled
         from pg_constraint k
        where k.contype = 'f' and (k.conrelid = any($1::oid[]) or k.confrelid = any($1::oid[]))
        order by 2, 1`,
      [tables.map(({ relation }) => relation)],
    )
    return rows
      .filter(({ disabled }) => disabled)
      .map(({ name, from }) => ({
        severity: 'warning',
        on: from,
        text: `foreign key ${name} is not enforced: its triggers are disabled`,
      }))
  },
}
