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
  type KeptRestore,
} from '../restore/kept.ts'
import { changeLocked } from '../restore/locked.ts'
import { dropMade, makeAbsent, makeKeys } from '../restore/absent.ts'
import { undoRestore } from '../restore/undo.ts'
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
  const { pairs, absent, session: restored } = prepared
  const isNothing = losses.every(({ added, deleted, changed }) => added + deleted + changed === 0)
  if (isNothing && absent.length === 0) return { id: null, tables: [], made: [] }
  return withGround(workspace, 'restore', options, async (ground) => {
    const { session } = ground
    await prepareKept(session)
    const id = await beginKept(session, prepared.source)
    const made = await makeAbsent(ground, prepared, absent).catch(async (error: unknown) => {
      await dropMade(session, id, [])
      throw error
    })
    const live = pairs.map((pair) => pair.live)
    const tables = await changeLocked(ground, live, async () => {
      const done = []
      for (const pair of pairs) done.push(await exchange(restored, session, pair, id))
      for (const { table, checksum } of made) await noteMade(session, id, table, checksum)
      await endKept(session, id, 'kept')
      return done
    }).catch(async (error: unknown) => {
      await dropMade(session, id, made)
      throw error
    })
    await makeKeys(ground, prepared, absent, id)
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
  })
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
  await withGround(workspace, `undo of restore ${id}`, options, (ground) => undoRestore(ground, kept))
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
