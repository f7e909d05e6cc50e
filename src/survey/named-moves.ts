import { readFollowers } from '../catalog/followers.ts'
import type { Session } from '../pg/session.ts'
import type { Move } from '../rewrite/moves.ts'
import type { Resolved } from './mapping.ts'
import type { SharedSequences } from './shared-sequences.ts'

/** A name that moves, with the service it goes to. */
export interface NamedMove extends Move {
  readonly service: string
  /** The table that an index or a sequence follows; its own name for everything else. */
  readonly of: string
}

/** The facts that tell of names. */
interface Named {
  readonly resolved: Resolved
  readonly sequences: SharedSequences
  readonly tables: readonly { readonly relation: number; readonly sequences: readonly { name: string }[] }[]
}

/**
 * Every name that the plan gives another schema: tables and views with their row types, their indexes and sequences,
 * functions and types. The same before, during and after the move.
 */
export async function readNamedMoves(
  session: Session,
  { resolved, sequences, tables }: Named,
): Promise<NamedMove[]> {
  const { mappings, objects } = resolved
  const byOid = new Map(mappings.map((mapping) => [mapping.relation, mapping]))
  const followers = await readFollowers(session, [...byOid.keys()])
  // Behind its old name a view has taken the place of the table that owns a sequence.
  const owned = tables.flatMap((table) =>
    table.sequences.map(({ name }) => ({ relation: table.relation, name })),
  )
  const moves = [
    ...mappings.map((mapping) => move('relation', mapping.name, mapping, mapping.name)),
    ...[...followers, ...owned].map(({ relation, name }) => {
      const mapping = byOid.get(relation)!
      return move('relation', name, mapping, mapping.name)
    }),
    ...sequences.going.map((sequence) => move('relation', sequence.name, sequence, sequence.name)),
    ...objects.map((object) =>
      move(object.class === 'function' ? 'routine' : 'type', object.name, object, object.name),
    ),
  ]
  return [...new Map(moves.map((each) => [`${each.class}\0${each.schema}\0${each.name}`, each])).values()]
}

function move(
  of: Move['class'],
  name: string,
  to: { readonly service: string; readonly source: string; readonly target: string },
  table: string,
): NamedMove {
  return { class: of, schema: to.source, name, target: to.target, service: to.service, of: table }
}
