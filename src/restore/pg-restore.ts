import { readFile, writeFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../backup/command.ts'
import { toolEnvironment } from '../backup/environment.ts'
import { removeFolder } from '../backup/folder.ts'
import type { Manifest } from '../backup/manifest.ts'
import { restoreList } from '../backup/restore-list.ts'
import type { DumpTools } from '../backup/tool.ts'
import { Progress } from '../events/progress.ts'
import type { EventStream } from '../events/stream.ts'
import type { ServerFacts } from '../pg/server.ts'
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
  const scratch = await mkdtemp(join(tmpdir(), 'pg-relocate-list-'))
  try {
    const list = join(scratch, 'wanted.list')
    await writeFile(list, await wantedEntries(work, wanted))
    const filled = new Progress(work.events, 'restore of rows', wanted.length, 'tables')
    const onLine = (line: string): void => {
      if (line.includes('finished item') && line.includes('TABLE DATA')) filled.add(1)
    }
    const entries = `--use-list=${list}`
    await pgRestore(work, ['--section=data', `--jobs=${work.jobs}`, '--verbose', entries, 'data'], onLine)
    filled.set(wanted.length)
    await pgRestore(work, ['--section=post-data', entries, 'data'])
  } finally {
    await removeFolder(scratch)
  }
}

/**
 * The table of contents without the tables that are not wanted, what depends on them, and what cannot be restored at
 * all; keys to tables that stay empty are among it.
 */
async function wantedEntries(work: Restoring, wanted: readonly BackedUpTable[]): Promise<string> {
  const { manifest, folder, tools, signal } = work
  const oids = new Set(wanted.map(({ oid }) => oid))
  const others = manifest.tables.filter(({ oid }) => !oids.has(oid))
  const contents = await runCommand({
    program: tools.pgRestore,
    args: ['--list', '--verbose', join(folder, 'data')],
    env: { ...process.env, LC_ALL: 'C' },
    signal,
    leaves: nothingTouched,
  })
  const pgClass = 1259
  const { list } = restoreList(
    'data',
    contents,
    new Map(others.map(({ oid }) => [`${pgClass} ${oid}`, 'not asked for'])),
  )
  const possible = new Set(idsOf(await readFile(join(folder, 'data.list'), 'utf8')))
  return list
    .split('\n')
    .filter((line) => idsOf(line).every((id) => possible.has(id)))
    .join('\n')
}

function idsOf(list: string): string[] {
  return [...list.matchAll(/^(\d+);/gm)].map(([, id = '']) => id)
}

async function pgRestore(
  work: Restoring,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<void> {
  const { tools, target, server, plan, folder, asOwners, signal } = work
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
    env: toolEnvironment(target, server, `migrate/${plan}/restore`),
    signal,
    leaves: nothingTouched,
    ...(onLine && { onLine }),
  })
}
