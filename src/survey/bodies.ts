import { readNamesakes, readStoredBodies, type StoredBody } from '../catalog/bodies.ts'
import type { ColumnSequence } from '../catalog/sequences.ts'
import type { CompatPolicy } from '../plan/compat.ts'
import type { PathSetting } from '../catalog/path-settings.ts'
import type { Session } from '../pg/session.ts'
import { Moves } from '../rewrite/moves.ts'
import { Parser } from '../sql/parser.ts'
import { decideBody, type Doubt } from './body.ts'
import type { GoingSequence } from './shared-sequences.ts'
import type { NamedMove } from './named-moves.ts'
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
}

export interface BodySources {
  readonly moves: readonly NamedMove[]
  readonly tables: readonly OwningTable[]
  readonly sequences: readonly GoingSequence[]
  readonly settings: readonly PathSetting[]
  /** In the order in which contract deals with them. */
  readonly services: readonly string[]
}

/** A table with the sequences of its columns. */
interface OwningTable {
  readonly relation: number
  readonly source: string
  readonly compat: CompatPolicy
  readonly sequences: readonly Pick<ColumnSequence, 'name' | 'kind'>[]
}

/** A part of the names, which change together. */
interface Unit {
  readonly unit: string
  readonly moves: Moves
}

let parser: Promise<Parser> | undefined

/**
 * Reads the bodies that name what moves and decides each name in them. Sequences and types have one name at a time, the
 * old one until contract, so that theirs are changes of their own.
 */
export async function readBodies(session: Session, sources: BodySources): Promise<BodyFacts[]> {
  const names = [...new Set(sources.moves.map(({ name }) => name))]
  if (names.length === 0) return []
  const bodies = await readStoredBodies(session, names)
  if (bodies.length === 0) return []
  const shared = sources.settings.find(({ role }) => role === null)?.effective ?? 'public'
  const paths = new Map(bodies.map(({ oid, path }) => [oid, splitPath(path ?? shared)]))
  const schemas = [...new Set([...paths.values()].flat())]
  const known = new Set((await readNamesakes(session, names, schemas)).map(key))
  const units = unitsOf(sources)
  const targets = [...new Set(sources.moves.map(({ target }) => target))]
  parser ??= Parser.load()
  const loaded = await parser
  const facts: BodyFacts[] = []
  for (const body of bodies) {
    await loaded.ready()
    const path = paths.get(body.oid)!
    const keepsUnqualified = body.path !== null && targets.every((target) => path.includes(target))
    facts.push(
      decided(loaded, body, units, {
        path,
        temporary: new Set(body.transitionTables),
        others: (schema, name) => known.has(key({ schema, name })),
        keepsUnqualified,
      }),
    )
  }
  return facts
}

function decided(
  loaded: Parser,
  body: StoredBody,
  units: readonly Unit[],
  around: Parameters<typeof decideBody>[3],
): BodyFacts {
  const doubts = new Map<string, Doubt>()
  const changes: (Change & { unit: string })[] = []
  let now: Pick<StoredBody, 'definition' | 'source' | 'language'> = body
  for (const { unit, moves } of units) {
    const found = decideBody(loaded, now, moves, around)
    for (const doubt of found.doubts) doubts.set(JSON.stringify(doubt), doubt)
    if (found.source === now.source) continue
    changes.push({ unit, before: now.source, after: found.source })
    now = { ...now, source: found.source, definition: found.definition }
  }
  const renamed = changes.find(({ unit }) => unit === early)
  return {
    ...body,
    ...(renamed === undefined ? {} : { renamed }),
    last: changes.filter(({ unit }) => unit !== early),
    doubts: [...doubts.values()].toSorted((a, b) => a.line - b.line),
  }
}

const early = 'names'

function unitsOf({ moves, tables, sequences, services }: BodySources): Unit[] {
  const unitOf = new Map([
    ...tables.flatMap((table) =>
      lastSequences(table).map(
        ({ name }) => [key({ schema: table.source, name }), tableUnit(table.relation)] as const,
      ),
    ),
    ...sequences.map(({ source, name, oid }) => [key({ schema: source, name }), sequenceUnit(oid)] as const),
  ])
  const unit = (move: NamedMove): string => {
    if (move.class === 'type') return typesUnit(move.service)
    return (move.class === 'relation' ? unitOf.get(key(move)) : undefined) ?? early
  }
  const order = [
    early,
    ...tables.filter((table) => lastSequences(table).length > 0).map(({ relation }) => tableUnit(relation)),
    ...services.flatMap((service) =>
      sequences.filter((sequence) => sequence.service === service).map(({ oid }) => sequenceUnit(oid)),
    ),
    ...services.map(typesUnit),
  ]
  return order.map((name) => ({ unit: name, moves: new Moves(moves.filter((move) => unit(move) === name)) }))
}

/** Sequences of serial columns stay with the old name while something stands there. */
function lastSequences({ compat, sequences }: OwningTable): OwningTable['sequences'] {
  return compat === 'none' || compat === 'search-path' ? [] : sequences.filter(({ kind }) => kind === 'owned')
}

export function tableUnit(relation: number): string {
  return `table ${relation}`
}

export function sequenceUnit(oid: number): string {
  return `sequence ${oid}`
}

export function typesUnit(service: string): string {
  return `types ${service}`
}

function key({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}\0${name}`
}
