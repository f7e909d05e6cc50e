import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Backup } from '../../../src/backup/manifest.ts'
import type { BackupScope } from '../../../src/backup/scope.ts'
import { drill, type DrillOutcome } from '../../../src/engine/drill.ts'
import { withRestored, type RestoreRequest } from '../../../src/engine/prepare-restore.ts'
import { restoreInPlace, type RestoreOutcome } from '../../../src/engine/restore.ts'
import { takeScheduled } from '../../../src/engine/take-backup.ts'
import { openWorkspace, type Workspace } from '../../../src/engine/workspace.ts'
import { EventStream } from '../../../src/events/stream.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { countLosses, type Loss } from '../../../src/restore/exchange.ts'
import { rowsOf, sql } from '../../support/client.ts'
import { sampleDatabase, samplePlan } from '../../support/sample.ts'
import { planFor, type PlanSketch } from '../../support/plan.ts'

export interface Restored {
  readonly losses: readonly Loss[]
  readonly outcome: RestoreOutcome
}

/** The sample with a folder for its backups, and the engine's doings with a workspace each, as the commands have. */
export async function restoreScene(prefix: string, changes: Partial<PlanSketch> = {}) {
  const database = await sampleDatabase(prefix)
  const directory = await mkdtemp(join(tmpdir(), `${prefix}-`))
  const plan: Plan = planFor(database.url, {
    ...samplePlan,
    ...changes,
    defaults: { backup: 'each-phase', backupDir: directory, ...changes.defaults },
  })
  const events = new EventStream()
  const within = async <T>(use: (workspace: Workspace) => Promise<T>, by: Plan = plan): Promise<T> => {
    const workspace = await openWorkspace(by, 'test', events)
    try {
      return await use(workspace)
    } finally {
      await workspace.session.close()
    }
  }
  const options = { events, signal: undefined, waitMs: 0 }
  return {
    database,
    url: database.url,
    directory,
    plan,
    events,
    options,
    within,
    take: (scope: BackupScope = { kind: 'all' }, by: Plan = plan): Promise<Backup> =>
      within((workspace) => takeScheduled(workspace, scope, events), by),
    drill: (path: string, by: Plan = plan): Promise<DrillOutcome> =>
      within((workspace) => drill(workspace, path, events), by),
    /** Restores without asking; `meanwhile` happens when the question would be asked. */
    restore: (request: RestoreRequest, meanwhile?: () => Promise<void>, by: Plan = plan): Promise<Restored> =>
      within(
        (workspace) =>
          withRestored(workspace, request, events, undefined, async (prepared) => {
            const losses = await countLosses(prepared.session, workspace.session, prepared.pairs, events)
            await meanwhile?.()
            return { losses, outcome: await restoreInPlace(workspace, prepared, losses, options) }
          }),
        by,
      ),
    sql: (text: string): Promise<void> => sql(database.url, text),
    rows: <R extends object>(text: string): Promise<R[]> => rowsOf(database.url, text),
    /** Those that nobody works with: other tests have theirs meanwhile. */
    async scratchDatabases(): Promise<string[]> {
      const rows = await rowsOf<{ name: string }>(
        database.url,
        `select datname as name from pg_database where datname like 'pg_relocate_scratch_%'
            and not exists (
              select from pg_locks l
               where l.locktype = 'advisory' and l.granted and l.objid = (hashtext(datname)::bigint & 4294967295)::oid)`,
      )
      return rows.map(({ name }) => name)
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await database[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export type RestoreScene = Awaited<ReturnType<typeof restoreScene>>
