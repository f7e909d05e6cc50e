import { stageSchema } from '../catalog/names.ts'
import { ident, qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'

/**
 * Is a view what the tool would make: all columns of one table, in their order, and no condition but the one that counts?
 * The server says so, by the text of a view that is made for it and dropped again.
 */
export async function mirrorOf(
  session: Session,
  view: number,
  table: number,
  telltale: string | null,
): Promise<{ isMirror: boolean; name: string }> {
  const shape = await session.one<{ name: string; of: string; schema: string; columns: string[] }>(
    `select format('%I.%I', n.nspname, c.relname) as name,
            (select format('%I.%I', s.nspname, t.relname) from pg_class t join pg_namespace s on s.oid = t.relnamespace where t.oid = $2) as of,
            n.nspname as schema,
            array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped order by attnum) as columns
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = $1`,
    [view, table],
  )
  const trial = qualified({ schema: shape.schema, name: `migrate_trial_${view}` })
  const condition = telltale === null ? '' : ` where ${qualified({ schema: stageSchema, name: telltale })}()`
  await session.script('savepoint trial')
  try {
    await session.script(
      `create view ${trial} as select ${shape.columns.map(ident).join(', ')} from ${shape.of}${condition}`,
    )
    const { same } = await session.one<{ same: boolean }>(
      `select pg_get_viewdef($1::oid) = pg_get_viewdef($2::regclass) as same`,
      [view, trial],
    )
    return { isMirror: same, name: shape.name }
  } catch {
    return { isMirror: false, name: shape.name }
  } finally {
    await session.script('rollback to savepoint trial')
  }
}
