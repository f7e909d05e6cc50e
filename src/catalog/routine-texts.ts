import type { Session } from '../pg/session.ts'

/** A function or procedure that is not PostgreSQL’s own; without a source where it is in C or another language. */
export interface RoutineText {
  readonly name: string
  readonly source: string | null
}

export async function readRoutineTexts(session: Session): Promise<RoutineText[]> {
  return session.query<RoutineText>(
    `select p.proname as name, case when l.lanname in ('sql', 'plpgsql') then coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) end as source
       from pg_proc p join pg_language l on l.oid = p.prolang join pg_namespace n on n.oid = p.pronamespace
      where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(temp|toast)'
      order by 1`,
  )
}
