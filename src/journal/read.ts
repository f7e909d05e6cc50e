import { journalSchema as schema } from '../catalog/names.ts'
import type { Session } from '../pg/session.ts'
import type { MappingRow, PhaseRow, RunRow, StepRow } from './rows.ts'
import type { ObjectMapping } from '../survey/objects.ts'

/** What the journal holds of the newest run of a plan. */
export interface Journal {
  readonly run: RunRow
  readonly mappings: readonly MappingRow[]
  readonly objects: readonly ObjectMapping[]
  readonly phases: readonly PhaseRow[]
  readonly steps: readonly StepRow[]
}

export async function readJournal(session: Session, plan: string): Promise<Journal | undefined> {
  const [run] = await session.query<RunRow>(
    `select id::int, plan, hash, structure, state, system_identifier as "systemIdentifier", database_oid as "databaseOid",
            database_name as "databaseName", began_by as "beganBy", began_at as "beganAt", ended_at as "endedAt"
       from ${schema}.runs where plan = $1 order by id desc limit 1`,
    [plan],
  )
  if (run === undefined) return undefined
  return {
    run,
    mappings: await session.query<MappingRow>(
      `select relation, service, name, source_schema as source, target_schema as target, compat, family, adopted as "isAdopted", baseline
         from ${schema}.mappings where run = $1 order by position`,
      [run.id],
    ),
    objects: await session.query<ObjectMapping>(
      `select class, oid, service, name, arguments, source_schema as source, target_schema as target, compat
         from ${schema}.objects where run = $1 order by position`,
      [run.id],
    ),
    phases: await session.query<PhaseRow>(
      `select number, name, kind, state, poison, began_at as "beganAt", ended_at as "endedAt"
         from ${schema}.phases where run = $1 order by number`,
      [run.id],
    ),
    steps: await session.query<StepRow>(
      `select phase, id, position, kind, summary, state, record, attempts, stall_ms as "stallMs", canary, error,
              began_at as "beganAt", ended_at as "endedAt"
         from ${schema}.steps where run = $1 order by phase, position`,
      [run.id],
    ),
  }
}

export interface LeaseRow {
  readonly plan: string
  readonly epoch: number
  readonly host: string | null
  readonly osPid: number | null
  readonly osUser: string | null
  readonly application: string | null
  readonly backendPid: number | null
  readonly activity: string | null
  readonly takenAt: Date | null
  readonly heartbeatAgeMs: number | null
  readonly releasedAt: Date | null
}

export const leaseColumns = `plan, epoch::int, host, os_pid as "osPid", os_user as "osUser", application, backend_pid as "backendPid",
  activity, taken_at as "takenAt", released_at as "releasedAt",
  (extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8 as "heartbeatAgeMs"`

export async function readLease(session: Session, plan: string): Promise<LeaseRow | undefined> {
  const [row] = await session.query<LeaseRow>(
    `select ${leaseColumns} from ${schema}.leases where plan = $1`,
    [plan],
  )
  return row
}

/** Runs that stand in this database, of any plan. */
export async function readActiveRuns(
  session: Session,
): Promise<{ id: number; plan: string; switched: boolean }[]> {
  return session.query(
    `select r.id::int, r.plan,
            exists (select from ${schema}.phases p where p.run = r.id and p.state <> 'pending') as switched
       from ${schema}.runs r where r.state = 'active' order by r.id`,
  )
}
