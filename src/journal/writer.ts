import type { CanaryReport } from '../canary/report.ts'
import { journalSchema as schema } from '../catalog/names.ts'
import { withoutSecrets } from '../errors/secrets.ts'
import type { MigrateEvent } from '../events/event.ts'
import { literal } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import type { Lease } from './lease.ts'
import { setPoison } from './poison.ts'
import type { MappingRow, Poison, RunState, WorkState } from './rows.ts'
import type { ObjectMapping } from '../survey/objects.ts'

const endRunStatement = `update ${schema}.runs set state = $2, ended_at = clock_timestamp() where id = $1`

const insertMappings = `
  insert into ${schema}.mappings (run, position, service, relation, source_schema, target_schema, name, compat, family, adopted, baseline)
  select $1, coalesce((select max(position) from ${schema}.mappings where run = $1), 0) + m.position, m.row->>'service',
         (m.row->>'relation')::oid, m.row->>'source', m.row->>'target', m.row->>'name', m.row->>'compat',
         (m.row->>'family')::oid, (m.row->>'isAdopted')::boolean, m.row->'baseline'
    from jsonb_array_elements($2::jsonb) with ordinality m (row, position)`

export interface NewRun {
  readonly plan: string
  readonly hash: string
  readonly structure: string
  readonly systemIdentifier: string
  readonly databaseOid: number
  readonly databaseName: string
  readonly toolVersion: string
  readonly beganBy: string
  readonly mappings: readonly MappingRow[]
  readonly objects: readonly ObjectMapping[]
  readonly phases: readonly { number: number; name: string; kind: string }[]
}

/** Writes the journal. Every write carries the lease’s epoch and fails when it is stale. */
export class JournalWriter {
  readonly #session: Session
  readonly #lease: Lease

  constructor(session: Session, lease: Lease) {
    this.#session = session
    this.#lease = lease
  }

  async beginRun(run: NewRun): Promise<number> {
    return this.#write(async () => {
      const { id } = await this.#session.one<{ id: number }>(
        `insert into ${schema}.runs (plan, hash, structure, system_identifier, database_oid, database_name, tool_version, began_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id::int`,
        [
          run.plan,
          run.hash,
          run.structure,
          run.systemIdentifier,
          run.databaseOid,
          run.databaseName,
          run.toolVersion,
          run.beganBy,
        ],
      )
      await this.#session.query(insertMappings, [id, JSON.stringify(run.mappings)])
      await this.#session.query(
        `insert into ${schema}.objects (run, position, class, oid, service, name, arguments, source_schema, target_schema, compat)
         select $1, o.position, o.row->>'class', (o.row->>'oid')::oid, o.row->>'service', o.row->>'name', o.row->>'arguments',
                o.row->>'source', o.row->>'target', o.row->>'compat'
           from jsonb_array_elements($2::jsonb) with ordinality o (row, position)`,
        [id, JSON.stringify(run.objects)],
      )
      await this.#session.query(
        `insert into ${schema}.phases (run, number, name, kind)
         select $1, (p->>'number')::int, p->>'name', p->>'kind' from jsonb_array_elements($2::jsonb) p`,
        [id, JSON.stringify(run.phases)],
      )
      return id
    })
  }

  /** Tables that become part of a run that is under way. */
  async adopt(run: number, mappings: readonly MappingRow[]): Promise<void> {
    await this.#write(() => this.#session.query(insertMappings, [run, JSON.stringify(mappings)]))
  }

  async endRun(run: number, state: RunState): Promise<void> {
    await this.#write(() => this.#session.query(endRunStatement, [run, state]))
  }

  /** A completed run whose contract is about to be undone is under way again. */
  async reopenRun(run: number): Promise<void> {
    await this.#write(() =>
      this.#session.query(
        `update ${schema}.runs set state = 'active', ended_at = null where id = $1 and state = 'completed'`,
        [run],
      ),
    )
  }

  /** Sets the state of a phase, and of its run where that ends with it; `poison` is what a phase keeps that is done. */
  async setPhase(
    run: number,
    phase: number,
    state: WorkState,
    { ends, poison = null }: { readonly ends?: RunState | undefined; readonly poison?: Poison | null } = {},
  ): Promise<void> {
    await this.#write(async () => {
      await this.#session.query(
        `update ${schema}.phases
            set state = $3, began_at = case when $3 in ('running', 'undoing') then clock_timestamp() else began_at end,
                ended_at = case when $3 in ('done', 'pending') then clock_timestamp() end,
                poison = case when $3 = 'done' then $4::jsonb else poison end
          where run = $1 and number = $2`,
        [run, phase, state, poison === null ? null : JSON.stringify(poison)],
      )
      if (ends !== undefined) await this.#session.query(endRunStatement, [run, ends])
    })
  }

  async poison(run: number, phase: number, poison: Poison): Promise<void> {
    await this.#write(() => setPoison(this.#session, run, phase, poison))
  }

  /** Intent first: the step is known to have begun before anything of it happens. An earlier record is kept. */
  async beginStep(
    run: number,
    step: { phase: number; id: string; position: number; kind: string; summary: string; record: object },
    state: 'running' | 'undoing',
  ): Promise<void> {
    await this.#write(async () => {
      await this.#session.query(
        `insert into ${schema}.steps (run, phase, id, position, kind, summary, record)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (run, phase, id) do nothing`,
        [run, step.phase, step.id, step.position, step.kind, step.summary, JSON.stringify(step.record)],
      )
      await this.#session.query(
        `update ${schema}.steps
            set record = case when state = 'pending' then $4::jsonb else record end,
                state = $5, epoch = $6, began_at = clock_timestamp(), ended_at = null, error = null, attempts = attempts + 1
          where run = $1 and phase = $2 and id = $3`,
        [run, step.phase, step.id, JSON.stringify(step.record), state, this.#lease.epoch],
      )
    })
  }

  /** The statement that ends a step, to be sent inside the transaction of its change. */
  endStepStatement(run: number, phase: number, id: string, state: 'done' | 'pending'): string {
    return `update ${schema}.steps set state = '${state}', ended_at = clock_timestamp() where run = ${run} and phase = ${phase} and id = ${literal(id)}`
  }

  /** The statement that forgets what an earlier canary saw, to be sent inside the transaction of a switch. */
  watchDueStatement(run: number, phase: number, id: string): string {
    return `update ${schema}.steps set canary = null, record = record || '{"canary": "due"}' where run = ${run} and phase = ${phase} and id = ${literal(id)}`
  }

  async endStep(
    run: number,
    phase: number,
    id: string,
    state: 'done' | 'pending',
    record: object = {},
  ): Promise<void> {
    await this.#write(async () => {
      await this.#session.query(this.endStepStatement(run, phase, id, state))
      await this.#session.query(
        `update ${schema}.steps set record = record || $4::jsonb where run = $1 and phase = $2 and id = $3`,
        [run, phase, id, JSON.stringify(record)],
      )
    })
  }

  async failStep(run: number, phase: number, id: string, error: string): Promise<void> {
    await this.#write(() =>
      this.#session.query(`update ${schema}.steps set error = $4 where run = $1 and phase = $2 and id = $3`, [
        run,
        phase,
        id,
        withoutSecrets(error),
      ]),
    )
  }

  async recordStall(
    run: number,
    phase: number,
    id: string,
    stallMs: number,
    canary?: CanaryReport,
  ): Promise<void> {
    await this.#write(() =>
      this.#session.query(
        `update ${schema}.steps set stall_ms = $4, canary = coalesce($5, canary) where run = $1 and phase = $2 and id = $3`,
        [run, phase, id, stallMs, canary === undefined ? null : JSON.stringify(canary)],
      ),
    )
  }

  async addEvents(run: number, events: readonly MigrateEvent[]): Promise<void> {
    if (events.length === 0) return
    await this.#write(() =>
      this.#session.query(
        `insert into ${schema}.events (run, epoch, at, type, body)
         select $1, $2, (e->>'at')::timestamptz, e->>'type', e - 'type' - 'at' from jsonb_array_elements($3::jsonb) e`,
        [run, this.#lease.epoch, JSON.stringify(events)],
      ),
    )
  }

  async #write<T>(work: () => Promise<T>): Promise<T> {
    await this.#session.script('begin read write')
    try {
      await this.#session.script(this.#lease.fence)
      const result = await work()
      await this.#session.script('commit')
      return result
    } catch (error) {
      await this.#session.script('rollback').catch(() => undefined)
      throw error
    }
  }
}
