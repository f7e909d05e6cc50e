import type { Location } from '../catalog/location.ts'
import { hasWrapper } from '../steps/wrapper.ts'
import type { RoutineFacts, TableFacts } from '../survey/facts.ts'

/** Something that stands under an old name and whose uses can be seen: the view of a table, the wrapper of a function. */
export interface WatchedName {
  /** The OID of the table or function that has moved. */
  readonly relation: number
  readonly name: string
  readonly source: string
  readonly target: string
  /** Calls take no lock by which they could be seen. */
  readonly isRoutine?: boolean
  readonly location: Pick<Location, 'view' | 'shell' | 'isWatched'> & { readonly stand: string }
}

/** Tables, and the functions that leave a wrapper under their old names. */
export function watchedNames(
  tables: readonly TableFacts[],
  routines: readonly RoutineFacts[],
): WatchedName[] {
  return [
    ...tables,
    ...routines
      .filter((routine) => hasWrapper(routine) && routine.location.stand === 'switched')
      .map(({ oid, name, source, target, location: { stand, wrapper, isWatched } }) => ({
        relation: oid,
        name,
        source,
        target,
        isRoutine: true,
        location: { stand, view: wrapper, shell: null, isWatched },
      })),
  ]
}

/** Does anything stand at the old name that contract will drop? */
export function hasOldName({ location }: WatchedName): boolean {
  return location.stand === 'switched' && (location.view !== null || location.shell !== null)
}
