import { MigrateError } from '../errors/migrate-error.ts'
import { qualified } from '../pg/quoting.ts'
import { exchange, type Loss } from '../restore/exchange.ts'
import {
  beginKept,
  dropKept,
  endKept,
  noteMade,
  prepareKept,
  readKept,
  type Exchanged,
  type KeptRestore,
} from '../restore/kept.ts'
import { changeLocked, type Ground } from '../restore/locked.ts'
import { contentOfAbsent, keyedTables, makeAbsent, makeKeys, type Remade } from '../restore/absent.ts'
import { undoRestore } from '../restore/undo.ts'
import { clearBegun, clearInterrupted } from '../restore/unfinished.ts'
import { withGround, type RestoreOptions } from './ground.ts'
import type { Prepared } from './prepare-restore.ts'
import type { Workspace } from './workspace.ts'

export interface RestoreOutcome {
  /** Under which the old rows are kept; null where nothing was different. */
  readonly id: number | null
  readonly tables: readonly { name: string; added: number; deleted: number; changed: number }[]
  readonly made: readonly string[]
}

/**
 * Puts restored tables in place: tables that are gone are made again, of the others the rows that differ are exchanged
 * in one transaction. The old rows are kept until they are released.
 * @throws MigrateError `lease-held`, `lock-timeout`, `restore-refused`, `backup-mismatch`, `privilege-missing`
 */
export async function restoreInPlace(
  workspace: Workspace,
  prepared: Prepared,
  losses: readonly Loss[],
  options: RestoreOptions,
): Promise<RestoreOutcome> {
  const { absent } = prepared
  const isNothing = losses.every(({ added, deleted, changed }) => added + deleted + changed === 0)
  if (isNothing && absent.length === 0) return { id: null, tables: [], made: [] }
  return withGround(workspace, 'restore', options, async (ground) => {
    const { session } = ground
    await clearInterrupted(ground, absent)
    await prepareKept(session)
    const id = await beginKept(session, prepared.source, await contentOfAbsent(prepared, absent))
    try {
      const { done: tables, made } = await change(ground, prepared, id)
      return {
        id,
        tables: tables.map(({ live: at, added, deleted, changed }) => ({
          name: qualified(at),
          added,
          deleted,
          changed,
        })),
        made: made.map(({ table }) => qualified(table)),
      }
    } catch (error) {
      // What stays because somebody has changed it already is listed as interrupted.
      await clearBegun(ground, id).catch(() => undefined)
      throw error
    }
  })
}

async function change(
  ground: Ground,
  prepared: Prepared,
  id: number,
): Promise<{ done: Exchanged[]; made: Remade['tables'] }> {
  const { session } = ground
  const { tables: made, keys } = await makeAbsent(ground, prepared, prepared.absent)
  for (const { table, checksum } of made) await noteMade(session, id, table, checksum)
  const live = prepared.pairs.map((pair) => pair.live)
  const keyed = await keyedTables(session, keys)
  const others = keyed.filter(({ oid }) => live.every((table) => table.oid !== oid))
  const done = await changeLocked(ground, [...live, ...others], async () => {
    const exchanged: Exchanged[] = []
    for (const pair of prepared.pairs) exchanged.push(await exchange(prepared.session, session, pair, id))
    await makeKeys(session, keys)
    await endKept(session, id, 'kept')
    return exchanged
  })
  return { done, made }
}

export async function keptRestores({ session }: Workspace): Promise<KeptRestore[]> {
  return readKept(session)
}

/** @throws MigrateError `restore-refused` when rows were changed since, `lease-held`, `lock-timeout` */
export async function undoKept(
  workspace: Workspace,
  id: number,
  options: RestoreOptions,
): Promise<KeptRestore> {
  const kept = await findKept(workspace, id)
  await withGround(workspace, `undo of restore ${id}`, options, (ground) =>
    kept.state === 'begun' ? clearBegun(ground, id) : undoRestore(ground, kept),
  )
  return kept
}

/**
 * Drops the old rows; then there is no way back.
 * @throws MigrateError `lease-held`, `usage-invalid`
 */
export async function releaseKept(
  workspace: Workspace,
  id: number,
  options: RestoreOptions,
): Promise<KeptRestore> {
  const kept = await findKept(workspace, id)
  await withGround(workspace, `release of restore ${id}`, options, ({ session, fence }) =>
    dropKept(session, kept, fence),
  )
  return kept
}

async function findKept({ session }: Workspace, id: number): Promise<KeptRestore> {
  const all = await readKept(session)
  const found = all.find((kept) => kept.id === id)
  if (found !== undefined) return found
  throw new MigrateError('usage-invalid', `there is no restore ${id}`, {
    detail: all.map((kept) => `${kept.id}  ${kept.state}  ${kept.source}`),
    next: ['migrate restore --list'],
  })
}
