import type { ColumnSequence } from '../catalog/sequences.ts'
import type { CompatPolicy } from '../plan/compat.ts'
import { Moves } from '../rewrite/moves.ts'
import type { NamedMove } from './named-moves.ts'
import type { GoingSequence } from './shared-sequences.ts'

/** What decides when a name changes. */
export interface NameSources {
  readonly moves: readonly NamedMove[]
  readonly tables: readonly OwningTable[]
  readonly sequences: readonly GoingSequence[]
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
export interface Unit {
  readonly unit: string
  readonly moves: Moves
}

/** The unit of everything that has its new name since the switches. */
export const earlyUnit = 'names'

/** The units of a plan that have names, in the order in which contract comes to them. */
export function unitsOf({ moves, tables, sequences, services }: NameSources): Unit[] {
  const lastSequence = new Map([
    ...tables.flatMap((table) =>
      lastSequences(table).map(
        ({ name }) => [nameKey({ schema: table.source, name }), tableUnit(table.relation)] as const,
      ),
    ),
    ...sequences.map(
      ({ source, name, oid }) => [nameKey({ schema: source, name }), sequenceUnit(oid)] as const,
    ),
  ])
  const unitOf = (move: NamedMove): string => {
    if (move.class === 'type') return typesUnit(move.service)
    return (move.class === 'relation' ? lastSequence.get(nameKey(move)) : undefined) ?? earlyUnit
  }
  const order = [
    earlyUnit,
    ...tables.map(({ relation }) => tableUnit(relation)),
    ...services.flatMap((service) =>
      sequences.filter((sequence) => sequence.service === service).map(({ oid }) => sequenceUnit(oid)),
    ),
    ...services.map(typesUnit),
  ]
  const parts = new Map<string, NamedMove[]>(order.map((unit) => [unit, []]))
  for (const move of moves) parts.get(unitOf(move))?.push(move)
  return [...parts]
    .filter(([, its]) => its.length > 0)
    .map(([unit, its]) => ({ unit, moves: new Moves(its) }))
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

/** Schema and name as one string. */
export function nameKey({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}\0${name}`
}
