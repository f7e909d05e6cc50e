import { isOfDatabase, type Backup } from '../backup/manifest.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import type { EventStream } from '../events/stream.ts'
import { readJournalState } from '../journal/install.ts'
import { readJournal } from '../journal/read.ts'
import type { MappingRow } from '../journal/rows.ts'
import { qualified, type QualifiedName } from '../pg/quoting.ts'
import { inDatabase, type DatabaseTarget } from '../pg/target.ts'
import { Session } from '../pg/session.ts'
import { matchTables } from '../plan/match.ts'
import { checkEmpty } from '../restore/empty.ts'
import { withNewDatabase } from '../restore/new-database.ts'
import { pairTables, type Pairings, type SourceTable } from '../restore/pairing.ts'
import { isPlain, restorePlain } from '../restore/plain.ts'
import { differences, restoreInto, soundBackup } from '../restore/restored.ts'
import { openScratch } from '../restore/scratch.ts'
import { findTable } from '../restore/selection.ts'
import { readHalfMade, type HalfMade } from '../restore/unfinished.ts'
import type { Workspace } from './workspace.ts'

export interface RestoreRequest {
  /** A backup's folder, or a plain dump. */
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
  /** Undefined where the source is a plain dump. */
  readonly backup: Backup | undefined
  readonly plan: string
  readonly keyCommand: string | undefined
  readonly notes: readonly string[]
}

/** What a restore has made of an empty database. */
export interface Beside {
  readonly tables: readonly (SourceTable & { readonly rows: number })[]
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
  const { source, scratch } = request
  const backup = await sourceOf(source)
  const mappings = await readMappings(workspace)
  if (scratch !== undefined) await checkEmpty(scratch)
  await using made = scratch === undefined ? await openScratch(target, server, plan.name) : undefined
  const place = made?.target ?? scratch!
  const { tables, notes } = await fill(workspace, place, { request, backup, mappings }, events, signal)
  await using session = await Session.connect(place, `migrate/${plan.name}/restore`)
  const halfMade = await readHalfMade(live)
  const pairings = await pairTables(session, live, tables, mappings, {
    isSameDatabase: isOf(backup, workspace),
    halfMade: new Set(halfMade.map(({ oid }) => oid)),
  })
  const { keyCommand } = plan.backups
  return await use({
    ...pairings,
    source,
    session,
    backup,
    plan: plan.name,
    keyCommand,
    notes: [...foreignNotes(backup, workspace), ...notes, ...notesOn(halfMade)],
  })
}

function notesOn(halfMade: readonly HalfMade[]): string[] {
  return halfMade.map(
    (table) =>
      `${qualified(table)} was made by restore ${table.restore}, which was interrupted: it is dropped first`,
  )
}

/** Restores into a new database of that name, verified, and leaves it there. */
export async function restoreBeside(
  workspace: Workspace,
  request: RestoreRequest,
  name: string,
  events: EventStream,
  signal: AbortSignal | undefined,
): Promise<Beside> {
  const backup = await sourceOf(request.source)
  const mappings = await readMappings(workspace)
  return withNewDatabase(workspace, name, () =>
    fill(workspace, inDatabase(workspace.target, name), { request, backup, mappings }, events, signal),
  )
}

interface Wanted {
  readonly request: RestoreRequest
  readonly backup: Backup | undefined
  readonly mappings: readonly MappingRow[]
}

async function fill(
  { plan, server }: Workspace,
  place: DatabaseTarget,
  wanted: Wanted,
  events: EventStream,
  signal: AbortSignal | undefined,
): Promise<Beside> {
  const { request, backup } = wanted
  if (backup === undefined) {
    const { tables, notes } = await restorePlain(request.source, place, plan.name, signal)
    const chosen = chooseTables({ plan }, tables, wanted)
    return { tables: chosen === undefined ? tables : chosen.map((name) => findTable(tables, name)), notes }
  }
  const { backupJobs: jobs } = plan.defaults
  const { keyCommand } = plan.backups
  const tables = chooseTables({ plan }, backup.manifest.tables, wanted)
  const asked = { backup, server, plan: plan.name, jobs, keyCommand, tables }
  const restored = await restoreInto(place, asked, events, signal)
  const [first, ...others] = differences(restored)
  if (first === undefined) return { tables: restored.map(({ table }) => table), notes: [] }
  throw new MigrateError(
    'backup-mismatch',
    `${request.source} does not restore to what was backed up: ${first}`,
    {
      detail: others,
      next: ['migrate backup list        tells the backups there are'],
    },
  )
}

/** @throws MigrateError `backup-corrupt` */
async function sourceOf(source: string): Promise<Backup | undefined> {
  return isPlain(source) ? undefined : soundBackup(source)
}

function isOf(backup: Backup | undefined, { server }: Workspace): boolean {
  return backup !== undefined && isOfDatabase(backup.manifest, server)
}

/** Tables are found by their names then, and that may be a mistake. */
function foreignNotes(backup: Backup | undefined, workspace: Workspace): string[] {
  if (backup === undefined || isOf(backup, workspace)) return []
  const { database, systemIdentifier } = backup.manifest.server
  const where =
    systemIdentifier === workspace.server.systemIdentifier ? 'on this server' : 'on ANOTHER SERVER'
  return [
    `WARNING: this is a backup of ANOTHER DATABASE: "${database}" ${where}, not of "${workspace.server.database}" as it is now`,
  ]
}

async function readMappings({ plan, session }: Workspace): Promise<readonly MappingRow[]> {
  if ((await readJournalState(session)) === 'missing') return []
  return (await readJournal(session, plan.name))?.mappings ?? []
}

/** Names of the tables asked for; undefined for all. */
function chooseTables(
  { plan }: Pick<Workspace, 'plan'>,
  tables: readonly SourceTable[],
  { request, mappings }: Wanted,
): string[] | undefined {
  const { service } = request
  if (service === undefined) return request.tables === undefined ? undefined : [...request.tables]
  const spec = plan.services.find(({ name }) => name === service)!
  const known = new Set(mappings.filter((it) => it.service === service).map(({ relation }) => relation))
  const here = tables.filter(({ schema }) => schema === spec.sourceSchema || schema === spec.schema)
  const { matched } = matchTables(
    spec.tables,
    here.map(({ name }) => name),
  )
  const isAsked = ({ schema, name }: QualifiedName): boolean =>
    request.tables?.some((asked) => asked === name || asked === `${schema}.${name}`) ?? true
  const found = tables.filter(
    (table) =>
      isAsked(table) && (known.has(table.oid ?? 0) || (here.includes(table) && matched.includes(table.name))),
  )
  if (found.length > 0) return found.map(({ schema, name }) => `${schema}.${name}`)
  throw new MigrateError(
    'table-not-found',
    `there is no such table of service "${service}" in ${request.source}`,
    {
      detail: tables.map(({ schema, name }) => `${schema}.${name}`),
    },
  )
}
