import type { PathSetting } from '../catalog/path-settings.ts'
import type { SearchPaths } from '../catalog/search-paths.ts'
import type { MovedName } from '../computed/place.ts'
import type { Session } from '../pg/session.ts'
import type { Plan } from '../plan/plan.ts'
import { readBodies, type BodyFacts } from './bodies.ts'
import { readDefaultChanges, type DefaultChange } from './default-changes.ts'
import type { TableFacts } from './facts.ts'
import { movedNames } from './moved-names.ts'
import type { NamedMove } from './named-moves.ts'
import { sharedPath, splitPath } from './search-path.ts'
import type { SharedSequences } from './shared-sequences.ts'
import { withoutKnown } from './known-sql.ts'
import { readTriggerTexts, type TriggerText } from './trigger-texts.ts'

/** Names that are kept as text, which nothing follows. */
export interface TextFacts {
  /** Functions and procedures whose text names what moves, or makes SQL as it runs. */
  readonly bodies: readonly BodyFacts[]
  /** What trigger functions make of their table’s name as they run. */
  readonly triggerTexts: readonly TriggerText[]
  /** Relations that move, and what is left at their old names. */
  readonly movedNames: readonly MovedName[]
  /** Defaults that find a sequence by its text. */
  readonly defaultChanges: readonly DefaultChange[]
}

interface Sources {
  readonly moves: readonly NamedMove[]
  readonly tables: readonly TableFacts[]
  readonly sequences: SharedSequences
  readonly settings: readonly PathSetting[]
  readonly searchPaths: SearchPaths
  readonly roles: { has(role: string): boolean }
  readonly plan: Plan
}

export async function readTexts(
  session: Session,
  { moves, tables, sequences: { going }, settings, searchPaths, roles, plan }: Sources,
): Promise<TextFacts> {
  const shared = sharedPath(settings)
  const triggerTexts = await readTriggerTexts(session, { moves, tables, sharedPath: shared })
  const moved = movedNames({ moves, tables })
  const services = plan.services.map(({ name }) => name)
  const bodies = await readBodies(session, { moves, tables, sequences: going, searchPaths, roles, services })
  return {
    bodies: await withoutKnown(bodies, { triggerTexts, moved, sharedPath: shared }),
    triggerTexts,
    movedNames: moved,
    defaultChanges: await readDefaultChanges({ tables, going, path: splitPath(shared) }),
  }
}
