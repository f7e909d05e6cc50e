import { randomBytes } from 'node:crypto'
import { readFile, writeFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../backup/command.ts'
import { enterProgram } from '../catalog/own-sessions.ts'
import { toolEnvironment } from '../backup/environment.ts'
import { removeFolder } from '../backup/folder.ts'
import type { Manifest } from '../backup/manifest.ts'
import { restoreList } from '../backup/restore-list.ts'
import type { DumpTools } from '../backup/tool.ts'
import { Progress } from '../events/progress.ts'
import type { EventStream } from '../events/stream.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import type { QualifiedName } from '../pg/quoting.ts'
import type { ServerFacts } from '../pg/server.ts'
import type { Session } from '../pg/session.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import { nothingTouched } from './failure.ts'
import type { BackedUpTable } from './selection.ts'

/** Where an archive is restored to, and with what. */
export interface Restoring {
  readonly plan: string
  readonly manifest: Manifest
  /** Where the backup's files are as pg_dump wrote them. */
  readonly folder: string
  readonly tools: DumpTools
  readonly target: DatabaseTarget
  readonly server: Pick<ServerFacts, 'database'>
  /** Whether objects get their owners and privileges; only a superuser of the same server may give them all. */
  readonly asOwners: boolean
  readonly jobs: number
  readonly events: EventStream
  readonly signal: AbortSignal | undefined
}

/** Makes every schema, type, function, view and empty table of the backup's database. */
export async function restoreStructure(work: Restoring): Promise<void> {
  await pgRestore(work, ['--section=pre-data', '--use-list=schema.list', 'schema.dump'])
}

/** Fills the tables, then makes their indexes, constraints and triggers. */
export async function restoreTables(work: Restoring, wanted: readonly BackedUpTable[]): Promise<void> {
  const filled = new Progress(work.events, 'restore of rows', wanted.length, 'tables')
  const onLine = (line: string): void => {
    if (line.includes('finished item') && line.includes('TABLE DATA')) filled.add(1)
  }
  await withList(await wantedEntries(work, wanted), async (entries) => {
    await pgRestore(work, ['--section=data', `--jobs=${work.jobs}`, '--verbose', entries, 'data'], { onLine })
    filled.set(wanted.length)
    await pgRestore(work, ['--section=post-data', entries, 'data'])
  })
}

/** Begins the purpose of the sessions that make tables in the live database; a number that nobody guesses follows. */
export const remaking = 'remake-'

/**
 * Makes tables that are gone again, with rows, indexes and triggers, as a whole or not at all. Returns the statements that
 * make the foreign keys from and to them, for when the other tables have the rows that these need.
 */
export async function restoreAbsent(
  work: Restoring & { readonly session: Session },
  absent: readonly QualifiedName[],
  sequences: readonly string[],
): Promise<string[]> {
  const contents = await contentsOf(work)
  const possible = new Set(idsOf(await readFile(join(work.folder, 'data.list'), 'utf8')))
  const { tables, keys } = absentEntries(work.manifest, contents, absent, sequences)
  const list = keep(tables, (id) => possible.has(id))
  if (idsOf(list).length > 0) {
    const purpose = `${remaking}${randomBytes(4).toString('hex')}`
    const application = applicationOf(work, purpose)
    await enterProgram(work.session, application)
    await withList(list, (entries) => pgRestore(work, ['--single-transaction', entries, 'data'], { purpose }))
  }
  const wanted = keep(keys, (id) => possible.has(id))
  return idsOf(wanted).length === 0 ? [] : keyStatements(work, wanted)
}

/** Of the table of contents what makes these tables, and their foreign keys. */
function absentEntries(
  manifest: Manifest,
  contents: string,
  absent: readonly QualifiedName[],
  sequences: readonly string[],
): { tables: string; keys: string } {
  const isAbsent = ({ schema, name }: QualifiedName): boolean =>
    absent.some((table) => table.schema === schema && table.name === name)
  const others = manifest.tables.filter((table) => !isAbsent(table)).map(tableObject)
  const gone = manifest.tables.filter(isAbsent).map(tableObject)
  const keys = objectsOf(contents, / FK CONSTRAINT /)
  const otherSequences = objectsOf(contents, /^\d+; 1259 \d+ SEQUENCE /, (line) =>
    sequences.every((name) => !line.includes(` SEQUENCE ${name} `)),
  )
  const without = (objects: readonly string[]): string =>
    restoreList('data', contents, new Map(objects.map((object) => [object, 'not asked for']))).list
  const rest = new Set(idsOf(without(gone)))
  return {
    tables: without([...others, ...keys, ...otherSequences]),
    keys: keep(contents, (id, line) => !rest.has(id) && line.includes(' FK CONSTRAINT ')),
  }
}

async function keyStatements({ folder, tools, signal }: Restoring, list: string): Promise<string[]> {
  const script = await withList(list, (entries) =>
    runCommand({
      program: tools.pgRestore,
      args: ['--file=-', '--no-owner', '--no-acl', entries, join(folder, 'data')],
      env: { ...process.env, LC_ALL: 'C' },
      signal,
      leaves: nothingTouched,
    }),
  )
  const statements = [...script.matchAll(/^ALTER TABLE [^]*?;$/gm)].map(([statement]) => statement)
  if (statements.length === idsOf(list).length) return statements
  throw new MigrateError('command-failed', 'the foreign keys of the backup cannot be told apart', {
    detail: [`${idsOf(list).length} keys, ${statements.length} statements`],
    next: ['migrate restore FOLDER --to-database NAME'],
  })
}

/**
 * The table of contents without the tables that are not wanted, what depends on them, and what cannot be restored at
 * all; keys to tables that stay empty are among it.
 */
async function wantedEntries(work: Restoring, wanted: readonly BackedUpTable[]): Promise<string> {
  const { manifest, folder } = work
  const oids = new Set(wanted.map(({ oid }) => oid))
  const others = manifest.tables.filter(({ oid }) => !oids.has(oid))
  const omissions = new Map(others.map((table) => [tableObject(table), 'not asked for']))
  const { list } = restoreList('data', await contentsOf(work), omissions)
  const possible = new Set(idsOf(await readFile(join(folder, 'data.list'), 'utf8')))
  return keep(list, (id) => possible.has(id))
}

function contentsOf({ folder, tools, signal }: Restoring): Promise<string> {
  return runCommand({
    program: tools.pgRestore,
    args: ['--list', '--verbose', join(folder, 'data')],
    env: { ...process.env, LC_ALL: 'C' },
    signal,
    leaves: nothingTouched,
  })
}

async function withList<T>(list: string, use: (option: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pg-relocate-list-'))
  try {
    const file = join(folder, 'wanted.list')
    await writeFile(file, list)
    return await use(`--use-list=${file}`)
  } finally {
    await removeFolder(folder)
  }
}

/** A table as the table of contents knows it: pg_class has the OID 1259 everywhere. */
function tableObject({ oid }: BackedUpTable): string {
  return `1259 ${oid}`
}

function objectsOf(
  contents: string,
  kind: RegExp,
  isWanted: (line: string) => boolean = () => true,
): string[] {
  return contents.split('\n').flatMap((line) => {
    const [, object] = /^\d+; (\d+ \d+) /.exec(line) ?? []
    return object !== undefined && kind.test(line) && isWanted(line) ? [object] : []
  })
}

function keep(list: string, isKept: (id: string, line: string) => boolean): string {
  return list
    .split('\n')
    .filter((line) => idsOf(line).every((id) => isKept(id, line)))
    .join('\n')
}

function idsOf(list: string): string[] {
  return [...list.matchAll(/^(\d+);/gm)].map(([, id = '']) => id)
}

function applicationOf({ plan }: Restoring, purpose: string): string {
  return `migrate/${plan}/${purpose}`
}

async function pgRestore(
  work: Restoring,
  args: readonly string[],
  { onLine, purpose = 'restore' }: { onLine?: (line: string) => void; purpose?: string } = {},
): Promise<void> {
  const { tools, target, server, folder, asOwners, signal } = work
  const places = args.map((arg) =>
    arg === 'data' || arg === 'schema.dump'
      ? join(folder, arg)
      : arg === '--use-list=schema.list'
        ? `--use-list=${join(folder, 'schema.list')}`
        : arg,
  )
  await runCommand({
    program: tools.pgRestore,
    args: [
      '--exit-on-error',
      '--no-password',
      ...(asOwners ? [] : ['--no-owner', '--no-acl']),
      `--dbname=dbname='${server.database.replaceAll(/[\\']/g, '\\$&')}'`,
      ...places,
    ],
    env: toolEnvironment(target, server, applicationOf(work, purpose)),
    signal,
    leaves: nothingTouched,
    ...(onLine && { onLine }),
  })
}
