import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import type { EventStream } from '../events/stream.ts'
import type { Plan } from '../plan/plan.ts'
import { readSnapshotFile } from '../resolver/source.ts'
import { Moves } from '../rewrite/moves.ts'
import { readNamedMoves, type NamedMove } from '../survey/named-moves.ts'
import { offlineMoves } from '../survey/offline-moves.ts'
import { openWorkspace, survey } from './workspace.ts'

/** Where the names come from that have another schema now. */
export type NamesSource =
  | { readonly kind: 'database'; readonly plan: Plan }
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'mapping'; readonly file: string }

export interface MovedNames {
  readonly moves: Moves
  readonly names: readonly NamedMove[]
  /** Names of indexes and sequences are guessed. */
  readonly isGuessed: boolean
}

/**
 * The names of a plan, from the catalogs of its database, from a mapping document, or from the plan alone.
 * @throws MigrateError `connection-failed`, `mapping-invalid`, `mapping-conflict` when one name would go to two schemas
 */
export async function movedNames(source: NamesSource, events: EventStream): Promise<MovedNames> {
  const names =
    source.kind === 'mapping'
      ? (await readSnapshotFile(source.file)).names
      : source.kind === 'plan'
        ? offlineMoves(source.plan)
        : await fromDatabase(source.plan, events)
  return { moves: unambiguous(names), names, isGuessed: source.kind === 'plan' }
}

async function fromDatabase(plan: Plan, events: EventStream): Promise<NamedMove[]> {
  const workspace = await openWorkspace(plan, 'rewrite', events).catch((error: unknown) => {
    throw withOffline(error)
  })
  try {
    const { facts } = await survey(workspace)
    return await readNamedMoves(workspace.session, facts)
  } finally {
    await workspace.session.close()
  }
}

/** Without its database a plan is still good for some texts. */
function withOffline(error: unknown): unknown {
  if (!isMigrateError(error) || error.code !== 'connection-failed') return error
  const { message, detail, next, cause } = error
  const without = [
    'migrate rewrite --mapping <file> …',
    'migrate rewrite --offline …, by the names of the plan alone',
  ]
  return new MigrateError(error.code, message, { detail, next: [...next, ...without], cause })
}

function unambiguous(names: readonly NamedMove[]): Moves {
  try {
    return new Moves(names)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new MigrateError('mapping-conflict', cause.message, {
      detail: ['a text that names it could mean either, so that none is rewritten'],
      next: ['migrate plan, which lists what collides'],
      cause,
    })
  }
}
