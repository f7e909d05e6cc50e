import type { Known, KnownObject } from '../catalog/copied.ts'
import { journalSchema } from '../catalog/names.ts'
import { readDoubles, readRoutineDoubles } from '../catalog/own-things.ts'
import { readJournalState } from '../journal/install.ts'
import type { Session } from '../pg/session.ts'
import { matchTables } from '../plan/match.ts'
import type { Plan } from '../plan/plan.ts'
import type { Forgotten } from './forget.ts'
import type { Workspace } from './workspace.ts'

export interface Named {
  readonly tables: readonly Known[]
  readonly objects: readonly KnownObject[]
  readonly told: Forgotten['left']
}

/** What the journal names, if there is one, what the plan names and two schemas have, and what is marked. */
export async function everythingNamed({ session, plan }: Workspace): Promise<Named> {
  const planned = await ofPlan(session, plan)
  if ((await readJournalState(session)) === 'missing') return { ...planned, told: [] }
  const tables = await session.query<Known>(
    `select distinct on (source_schema, target_schema, name) relation, name, source_schema as source, target_schema as target
       from ${journalSchema}.mappings m join ${journalSchema}.runs r on r.id = m.run
      where r.state <> 'reverted' order by source_schema, target_schema, name, run desc`,
  )
  const objects = await session.query<KnownObject>(
    `select class, oid, name, arguments, source_schema as source, target_schema as target
       from ${journalSchema}.objects o join ${journalSchema}.runs r on r.id = o.run
      where r.state <> 'reverted' and class = 'function' order by run, position`,
  )
  const { hasPath } = await session.one<{ hasPath: boolean }>(
    `select exists (select from ${journalSchema}.steps s join ${journalSchema}.runs r on r.id = s.run
      where s.kind = 'set-path' and s.state <> 'pending' and r.state <> 'reverted') as "hasPath"`,
  )
  return {
    tables: [...tables, ...planned.tables.filter((it) => !tables.some((known) => isSame(it, known)))],
    objects: [...objects, ...planned.objects],
    told: hasPath
      ? [
          {
            what: 'the search_path that the plan has set for roles or the database, which finds the new schemas',
            sql: `select setrole::regrole, setconfig from pg_db_role_setting where setconfig::text like '%search_path%'`,
          },
        ]
      : [],
  }
}

function isSame(one: Known, other: Known): boolean {
  return one.name === other.name && one.source === other.source && one.target === other.target
}

async function ofPlan(session: Session, { services }: Plan): Promise<Omit<Named, 'told'>> {
  const schemas = services.map(({ sourceSchema, schema }) => ({ source: sourceSchema, target: schema }))
  const isMeant = (
    patterns: 'tables' | 'functions',
    { name, target }: { name: string; target: string },
  ): boolean =>
    services.some(
      (service) =>
        service.schema === target &&
        matchTables(patterns === 'tables' ? [...service.tables, ...service.views] : service.functions, [name])
          .matched.length > 0,
    )
  const doubles = await readDoubles(session, schemas)
  return {
    tables: doubles.filter((it) => it.isMarked || it.isPartition || isMeant('tables', it)),
    objects: (await readRoutineDoubles(session, schemas)).filter((it) => isMeant('functions', it)),
  }
}
