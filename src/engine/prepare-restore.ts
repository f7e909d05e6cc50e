import type { Backup } from '../backup/manifest.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import type { EventStream } from '../events/stream.ts'
import { readJournalState } from '../journal/install.ts'
import { readJournal } from '../journal/read.ts'
import type { MappingRow } from '../journal/rows.ts'
import { inDatabase, type DatabaseTarget } from '../pg/target.ts'
import { Session } from '../pg/session.ts'
import { matchTables } from '../plan/match.ts'
import { checkEmpty } from '../restore/empty.ts'
import { withNewDatabase } from '../restore/new-database.ts'
import { pairTables, type Pairings, type SourceTable } from '../restore/pairing.ts'
import { differences, restoreInto, soundBackup } from '../restore/restored.ts'
import { openScratch } from '../restore/scratch.ts'
import type { Workspace } from './workspace.ts'

export interface RestoreRequest {
  /** A backup's folder. */
  readonly source: string
  readonly service?: string | undefined
  readonly tables?: readonly string[] | undefined
  /** An empty database, instead of one that is made and dropped. */
  readonly scratch?: DatabaseTarget | undefined
}

/** Tables that were restored beside and verified, ready to be put in place. */
export interface Prepared extends Pairings {
  readonly source: string
  /** In the database they were restored into. */
  readonly session: Session
  readonly backup: Backup | undefined
  readonly plan: string
  readonly keyCommand: string | undefined
  readonly notes: readonly string[]
}

/**
 * Restores beside, verifies, finds the live tables, and gives all that to `use`; the copy is dropped at the end.
 * @throws MigrateError `backup-corrupt`, `backup-mismatch`, `restore-refused`, what a restore elsewhere throws
 */
export async function withRestored<T>(
  workspace: Workspace,
  request: RestoreRequest,
  events: EventStream,
  signal: AbortSignal | undefined,
  use: (prepared: Prepared) => Promise<T>,
): Promise<T> {
  const { plan, target, server, session: live } = workspace
  const backup = await soundBackup(request.source)
  const mappings = await readMappings(workspace)
  const chosen = chooseTables(workspace, backup, request, mappings)
  if (request.scratch !== undefined) await checkEmpty(request.scratch)
  await using made = request.scratch === undefined ? await openScratch(target, server, plan.name) : undefined
  const place = made?.target ?? request.scratch!
  const { backupJobs: jobs } = plan.defaults
  const { keyCommand } = plan.backups
  const restored = await restoreInto(
    place,
    { backup, server, plan: plan.name, jobs, keyCommand, tables: chosen },
    events,
    signal,
  )
  refuseDifferent(request.source, differences(restored))
  await using session = await Session.connect(place, `migrate/${plan.name}/restore`)
  const { systemIdentifier, databaseOid } = backup.manifest.server
  const isSame = systemIdentifier === server.systemIdentifier && databaseOid === server.databaseOid
  const tables = restored.map(({ table }) => table)
  const pairings = await pairTables(session, live, tables, mappings, isSame)
  return await use({
    ...pairings,
    source: request.source,
    session,
    backup,
    plan: plan.name,
    keyCommand,
    notes: [],
  })
}

/** Restores into a new database of that name, verified, and leaves it there. */
export async function restoreBeside(
  workspace: Workspace,
  request: RestoreRequest,
  name: string,
  events: EventStream,
  signal: AbortSignal | undefined,
): Promise<{ readonly tables: readonly SourceTable[]; readonly isVerified: boolean }> {
  const { plan, target, server } = workspace
  const backup = await soundBackup(request.source)
  const chosen = chooseTables(workspace, backup, request, await readMappings(workspace))
  return withNewDatabase(workspace, name, async () => {
    const { backupJobs: jobs } = plan.defaults
    const { keyCommand } = plan.backups
    const wanted = { backup, server, plan: plan.name, jobs, keyCommand, tables: chosen }
    const restored = await restoreInto(inDatabase(target, name), wanted, events, signal)
    refuseDifferent(request.source, differences(restored))
    return { tables: restored.map(({ table }) => table), isVerified: true }
  })
}

function refuseDifferent(source: string, [first, ...others]: readonly string[]): void {
  if (first === undefined) return
  throw new MigrateError('backup-mismatch', `${source} does not restore to what was backed up: ${first}`, {
    detail: others,
    next: ['migrate backup list        tells the backups there are'],
  })
}

async function readMappings({ plan, session }: Workspace): Promise<readonly MappingRow[]> {
  if ((await readJournalState(session)) === 'missing') return []
  return (await readJournal(session, plan.name))?.mappings ?? []
}

/** Names of the tables asked for; undefined for all. */
function chooseTables(
  { plan }: Workspace,
  { manifest }: Backup,
  { service, tables }: RestoreRequest,
  mappings: readonly MappingRow[],
): string[] | undefined {
  if (service === undefined) return tables === undefined ? undefined : [...tables]
  const spec = plan.services.find(({ name }) => name === service)!
  const known = new Set(mappings.filter((it) => it.service === service).map(({ relation }) => relation))
  const here = manifest.tables.filter(({ schema }) => schema === spec.sourceSchema || schema === spec.schema)
  const { matched } = matchTables(
    spec.tables,
    here.map(({ name }) => name),
  )
  const found = manifest.tables.filter(
    (table) => known.has(table.oid) || (here.includes(table) && matched.includes(table.name)),
  )
  if (found.length > 0) return found.map(({ schema, name }) => `${schema}.${name}`)
  throw new MigrateError('table-not-found', `the backup holds no table of service "${service}"`, {
    detail: manifest.tables.map(({ schema, name }) => `${schema}.${name}`),
  })
}
