import { basename, resolve } from 'node:path'
import { journalSchema as schema } from '../catalog/names.ts'
import type { Session } from '../pg/session.ts'

/** A backup that was restored and compared. */
export interface Drill {
  readonly name: string
  readonly path: string
  readonly at: Date
  readonly ok: boolean
  readonly tables: number
  readonly detail: readonly string[]
}

/** Notes the outcome of a drill; false where there is no journal to note it in. */
export async function recordDrill(
  session: Session,
  plan: string,
  path: string,
  outcome: { readonly ok: boolean; readonly tables: number; readonly detail: readonly string[] },
): Promise<boolean> {
  if (!(await hasDrills(session))) return false
  await session.query(
    `insert into ${schema}.drills (plan, path, name, ok, tables, detail) values ($1, $2, $3, $4, $5, $6::jsonb)`,
    [plan, resolve(path), basename(path), outcome.ok, outcome.tables, JSON.stringify(outcome.detail)],
  )
  return true
}

/** The last drill of each backup of a plan, by the name of its folder. */
export async function readDrills(session: Session, plan: string): Promise<Map<string, Drill>> {
  if (!(await hasDrills(session))) return new Map()
  const rows = await session.query<Drill>(
    `select distinct on (name) name, path, at, ok, tables, detail
       from ${schema}.drills where plan = $1 order by name, at desc, id desc`,
    [plan],
  )
  return new Map(rows.map((drill) => [drill.name, drill]))
}

async function hasDrills(session: Session): Promise<boolean> {
  const { exists } = await session.one<{ exists: boolean }>('select to_regclass($1) is not null as exists', [
    `${schema}.drills`,
  ])
  return exists
}
