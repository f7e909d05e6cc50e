import { setTimeout as sleep } from 'node:timers/promises'
import type { ForeignKey } from '../catalog/foreign-keys.ts'
import { startedAt, withoutOwn, type Seen } from '../catalog/own-sessions.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { oldName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'

const watchMs = 2_500
const sampleEveryMs = 25

/**
 * Lets a switch go on only when nobody was seen using its tables by their old names: a session that came through the
 * facade holds a lock on it too, one that came by the old name holds none.
 * @throws MigrateError `gate-waiting` with who was seen
 */
export async function awaitUnusedTables(
  session: Session,
  tables: readonly TableFacts[],
  keys: readonly ForeignKey[],
): Promise<void> {
  const here = tables.filter(({ location }) => location.stand === 'expanded')
  const seen = new Map<string, Set<string>>()
  for (const began = performance.now(); performance.now() - began < watchMs; await sleep(sampleEveryMs)) {
    for (const { relation, who } of await readDirectUse(session, here, keys)) {
      const name = qualified(oldName(here.find((table) => table.relation === relation)!))
      seen.set(name, (seen.get(name) ?? new Set()).add(who))
    }
  }
  if (seen.size === 0) return
  throw new MigrateError(
    'gate-waiting',
    'tables are still used by their old names, and their policy is late',
    {
      detail: [...seen].flatMap(([name, users]) => [
        name,
        ...[...users].slice(0, 5).map((user) => `  ${user}`),
      ]),
      state: {
        kind: 'resumable',
        sentence: 'no table of this phase has moved; old and new names go on working',
      },
      next: [
        'let these applications use the new names, then run the same command again',
        'or give the table another policy in `compat`',
      ],
    },
  )
}

/**
 * Sessions with a lock on a table and none on its facade. Three kinds are no evidence of the old name: a key is checked
 * in the other table with ROW SHARE, a cascade writes the referencing one, and a view over the table follows it.
 */
async function readDirectUse(
  session: Session,
  tables: readonly TableFacts[],
  keys: readonly ForeignKey[],
): Promise<readonly { relation: number; who: string }[]> {
  const moved = tables.map(({ relation, location }) => ({
    relation,
    facade: location.view,
    neighbours: keys.flatMap(({ from, to }) => (from === relation ? [to] : to === relation ? [from] : [])),
    masters: keys.flatMap(({ from, to, cascades }) => (from === relation && cascades ? [to] : [])),
  }))
  const found = await session.query<Seen & { relation: number; who: string }>(
    `with moved as (
       select (m->>'relation')::oid as relation, (m->>'facade')::oid as facade,
              array(select jsonb_array_elements_text(m->'neighbours')::oid) as neighbours,
              array(select jsonb_array_elements_text(m->'masters')::oid) as masters,
              array(select r.ev_class from pg_depend d join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
                     where d.refclassid = 'pg_class'::regclass and d.refobjid = (m->>'relation')::oid
                       and r.ev_class not in ((m->>'relation')::oid, (m->>'facade')::oid)) as views
         from jsonb_array_elements($1::jsonb) m),
     held as materialized (
       select l.pid, l.relation, array_agg(l.mode) as modes from pg_locks l
        where l.locktype = 'relation' and l.granted
          and l.database = (select oid from pg_database where datname = current_database())
        group by 1, 2)
     select distinct m.relation, h.pid, ${startedAt('a')}, a.usename as role, a.application_name as application,
            format('pid %s "%s" (role %s): %s', h.pid, a.application_name, a.usename,
                   left(regexp_replace(a.query, '\\s+', ' ', 'g'), 120)) as who
       from moved m join held h on h.relation = m.relation join pg_stat_activity a on a.pid = h.pid
      where a.backend_type = 'client backend'
        and not exists (select from held v where v.pid = h.pid and (v.relation = m.facade or v.relation = any(m.views)))
        and not (h.modes <@ array['RowShareLock']
                 and exists (select from held n where n.pid = h.pid and n.relation = any(m.neighbours) and 'RowExclusiveLock' = any(n.modes)))
        and not (h.modes <@ array['RowShareLock', 'RowExclusiveLock']
                 and exists (select from held n where n.pid = h.pid and n.relation = any(m.masters) and 'RowExclusiveLock' = any(n.modes)))`,
    [JSON.stringify(moved)],
  )
  return withoutOwn(session, found)
}
