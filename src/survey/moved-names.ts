import type { MovedName } from '../computed/place.ts'
import type { CompatPolicy } from '../plan/compat.ts'
import { nameKey } from './body-units.ts'
import type { NamedMove } from './named-moves.ts'

interface Sources {
  readonly moves: readonly NamedMove[]
  readonly tables: readonly {
    readonly name: string
    readonly source: string
    readonly compat: CompatPolicy
  }[]
}

/** The relations that move, with what is left at their old names until contract. */
export function movedNames({ moves, tables }: Sources): MovedName[] {
  const policies = new Map(
    tables.map(({ source, name, compat }) => [nameKey({ schema: source, name }), compat]),
  )
  return moves
    .filter((move) => move.class === 'relation')
    .map(({ schema, name, target, of }) => {
      const policy = policies.get(nameKey({ schema, name: of }))
      return { schema, name, target, staysUntilContract: policy !== 'none' && policy !== 'search-path' }
    })
}
