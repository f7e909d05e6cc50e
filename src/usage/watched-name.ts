import type { Location } from '../catalog/location.ts'
import type { RoutineFacts, TableFacts } from '../survey/facts.ts'

/** Something that stands under an old name and whose uses can be seen: the view of a table, the wrapper of a function. */
export interface WatchedName {
  /** The OID of the table or function that has moved. */
  readonly relation: number
  readonly name: string
  readonly source: string
  readonly target: string
  readonly location: Pick<Location, 'view' | 'shell' | 'isWatched'> & { readonly stand: string }
}

/** Tables, and those functions whose calls by the old name are counted; calls take no lock by which they could be seen. */
export function watchedNames(
  tables: readonly TableFacts[],
  routines: readonly RoutineFacts[],
): WatchedName[] {
  const counted = routines.filter(({ location }) => location.stand === 'switched' && location.isWatched)
  return [
    ...tables,
    ...counted.map(({ oid, name, source, target, location: { stand, wrapper, isWatched } }) => ({
      relation: oid,
      name,
      source,
      target,
      location: { stand, view: wrapper, shell: null, isWatched },
    })),
  ]
}
