import type { Session } from '../pg/session.ts'
import { byRelation } from './group.ts'

/** An extended statistics object (manual, chapter 14.2.2); it stays behind when its table changes its schema. */
export interface StatisticsObject {
  readonly relation: number
  readonly schema: string
  readonly name: string
  /** May the runner alter it? */
  readonly isMine: boolean
}

export async function readStatistics(
  session: Session,
  oids: readonly number[],
): Promise<Map<number, StatisticsObject[]>> {
  const rows = await session.query<StatisticsObject>(
    `select s.stxrelid as relation, n.nspname as schema, s.stxname as name,
            pg_has_role(current_user, s.stxowner, 'MEMBER') as "isMine"
       from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
      where s.stxrelid = any($1::oid[]) order by 1, 2, 3`,
    [oids],
  )
  return byRelation(rows)
}
