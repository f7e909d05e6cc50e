import { readStoredBodies, type StoredBody } from '../catalog/bodies.ts'
import { readRoutineTexts } from '../catalog/routine-texts.ts'
import type { Session } from '../pg/session.ts'
import { Parser } from '../sql/parser.ts'
import type { SearchPaths } from '../catalog/search-paths.ts'
import { earlyUnit, unitsOf, type NameSources, type Unit } from './body-units.ts'
import { readCallers } from './callers.ts'
import { decideBody, writtenIn, type Doubt, type FoundName } from './body.ts'
import { labelTakers } from './label-takers.ts'
import { splitPath } from './search-path.ts'

/** Another body for a function, with what it takes the place of. */
export interface Change {
  readonly before: string
  readonly after: string
}

/** What a stored body becomes in the course of contract, and what in it nobody can decide. */
export interface BodyFacts extends StoredBody {
  /** With the new names that are there since the switches; undefined where it names none of them. */
  readonly renamed?: Change
  /** With what gets its new name last, by `table <oid>`, `sequence <oid>` or `types <service>`, in the order in which these move. */
  readonly last: readonly (Change & { readonly unit: string })[]
  readonly doubts: readonly Doubt[]
  /** Every name in it that means something that moves. */
  readonly names: readonly FoundName[]
}

interface BodySources extends NameSources {
  readonly searchPaths: SearchPaths
  readonly roles: { has(role: string): boolean }
}

type Decision = Omit<BodyFacts, keyof StoredBody>

/** What was decided of texts while the names are the same: a command looks at the catalogs many times. */
let memory: { readonly names: string; readonly decisions: Map<string, Decision> } | undefined

/**
 * Reads the bodies that name what moves and decides each name in them. Sequences and types have one name at a time, the
 * old one until contract, so that theirs are changes of their own.
 */
export async function readBodies(session: Session, sources: BodySources): Promise<BodyFacts[]> {
  const names = [...new Set(sources.moves.map(({ name }) => name))]
  if (names.length === 0) return []
  const bodies = await readStoredBodies(session, names)
  if (bodies.length === 0) return []
  const relations = sources.tables.map(({ relation }) => relation)
  const callers = await readCallers(session, { ...sources, relations })
  const units = unitsOf(sources)
  const takers = labelTakers(await readRoutineTexts(session))
  const all = JSON.stringify([sources.moves, units.map(({ unit }) => unit), callers.key, [...takers]])
  if (memory?.names !== all) memory = { names: all, decisions: new Map() }
  const { decisions } = memory
  const loaded = await Parser.shared()
  const facts: BodyFacts[] = []
  for (const body of bodies) {
    const path = body.path === null ? callers.shared : splitPath(body.path)
    const isCallers = body.path === null || path.includes('$user')
    const text = JSON.stringify([body.oid, body.definition, path, body.path === null, body.transitionTables])
    let decision = decisions.get(text)
    if (decision === undefined) {
      await loaded.ready()
      decision = decided(loaded, body, units, {
        path,
        temporary: new Set(body.transitionTables),
        others: callers.exists,
        takesLabels: (routine) => takers.has(routine),
        ...(isCallers
          ? { callers: body.path === null ? callers.paths : [], rival: callers.rivalOf(body.oid) }
          : {}),
        keepsUnqualified: body.path !== null && findsNewNames(path, sources.moves),
      })
      decisions.set(text, decision)
    }
    facts.push({ ...body, ...decision })
  }
  return facts
}

/** Whether a path finds every new name, and the old one only behind it. */
function findsNewNames(path: readonly string[], moves: NameSources['moves']): boolean {
  return moves.every(({ schema, target }) => {
    const [at, old] = [path.indexOf(target), path.indexOf(schema)]
    return at >= 0 && (old < 0 || at < old)
  })
}

function decided(
  loaded: Parser,
  body: StoredBody,
  units: readonly Unit[],
  around: Parameters<typeof decideBody>[3],
): Decision {
  const doubts = new Map<string, Doubt>()
  const names = new Map<string, FoundName>()
  const words = writtenIn(body)
  const changes: (Change & { unit: string })[] = []
  let now: Pick<StoredBody, 'definition' | 'source' | 'language'> = body
  const executes = body.language === 'plpgsql' && words.includes('execute')
  for (const { unit, moves } of units) {
    // What EXECUTE is given may be told without any of the names.
    const isLooked = words.some((word) => moves.names.has(word)) || (executes && unit === units[0]!.unit)
    if (!isLooked) continue
    const found = decideBody(loaded, now, moves, around)
    for (const name of found.names) names.set(JSON.stringify(name), name)
    for (const doubt of found.doubts) doubts.set(JSON.stringify(doubt), doubt)
    if (found.source === now.source) continue
    changes.push({ unit, before: now.source, after: found.source })
    now = { ...now, source: found.source, definition: found.definition }
  }
  const renamed = changes.find(({ unit }) => unit === earlyUnit)
  return {
    ...(renamed === undefined ? {} : { renamed }),
    last: changes.filter(({ unit }) => unit !== earlyUnit),
    names: [...names.values()],
    doubts: [...doubts.values()].toSorted((a, b) => a.line - b.line),
  }
}
