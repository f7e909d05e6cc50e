import { journalSchema as schema } from '../catalog/names.ts'
import type { Session } from '../pg/session.ts'
import { namedStandIns, wrapperOf, type StandIn } from '../steps/privileges.ts'
import type { Facts } from '../survey/facts.ts'

/** What somebody has granted, revoked or given away by one name of a thing, and is not so by its other name yet. */
export interface PrivilegeChange {
  readonly class: StandIn['class']
  /** The thing itself. */
  readonly object: number
  /** As a statement. */
  readonly change: string
  readonly isOwner: boolean
  /** Nothing has tried to carry it over yet. */
  readonly isNew: boolean
}

const isThereQuery = `select to_regclass('${schema}.privileges') is not null as "isThere"`

/** Changes since both names of each thing had the same privileges; nothing without a journal. */
export async function readPrivilegeChanges(
  session: Session,
  plan: string,
  { tables, routines }: Pick<Facts, 'tables' | 'routines'>,
): Promise<PrivilegeChange[]> {
  const { isThere } = await session.one<{ isThere: boolean }>(isThereQuery)
  if (!isThere) return []
  const standIns = [...tables.flatMap(namedStandIns), ...routines.flatMap(wrapperOf)]
  const found: PrivilegeChange[] = []
  for (const kind of ['relation', 'function'] as const) {
    const these = standIns.filter((it) => it.class === kind)
    found.push(
      ...(await session.query<PrivilegeChange>(
        `select $2::text as class, object, change, is_owner as "isOwner", is_new as "isNew"
           from ${schema}.privilege_changes($1, $2, $3::oid[], $4::text[])`,
        [plan, kind, these.map(({ oid }) => oid), these.map(({ place }) => place)],
      )),
    )
  }
  return found
}

/** Tables whose privileges are others than before the run because somebody has changed them, not because they were lost. */
export async function readChangedOnPurpose(
  session: Session,
  relations: readonly number[],
): Promise<Set<number>> {
  const { isThere } = await session.one<{ isThere: boolean }>(isThereQuery)
  if (!isThere) return new Set()
  const rows = await session.query<{ object: number }>(
    `select distinct k.object from ${schema}.privileges k join ${schema}.runs r on r.id = k.run
      where r.state <> 'reverted' and k.class = 'relation' and k.object = any($1::oid[])
        and (${schema}.privilege_items(k.class, k.object, k.items) = k.items
             or exists (select from pg_class c where c.oid = k.other)
                and ${schema}.privileges_seen(k.class, k.object, k.other) <> k.seen)`,
    [relations],
  )
  return new Set(rows.map(({ object }) => object))
}
