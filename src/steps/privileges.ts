import { asideName, journalSchema, stageSchema } from '../catalog/names.ts'
import { ident, literal, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { RoutineFacts, TableFacts } from '../survey/facts.ts'
import { newName, oldName } from './names.ts'

/** A thing that moves and where something stands in for it: the name of a relation, the schema of a routine. */
export interface StandIn {
  readonly class: 'relation' | 'function'
  readonly oid: number
  readonly place: string
}

export function tableStandIn({ relation }: TableFacts, name: QualifiedName): StandIn {
  return { class: 'relation', oid: relation, place: qualified(name) }
}

export function routineStandIn({ oid }: RoutineFacts, schema: string): StandIn {
  return { class: 'function', oid, place: ident(schema) }
}

/**
 * Carries over what somebody has granted, revoked or given away on the one or the other since they were equal. Where
 * nobody has, it costs a look at two rows of the catalog. `isLast` is for what is dropped next: afterwards nobody can tell.
 */
export function settlePrivileges(
  planName: string,
  standIns: readonly StandIn[],
  isLast = false,
): readonly string[] {
  return (['relation', 'function'] as const).flatMap((kind) => {
    const these = standIns.filter((it) => it.class === kind)
    if (these.length === 0) return []
    const [oids, places] = [these.map(({ oid }) => oid), these.map(({ place }) => literal(place))]
    return `select ${journalSchema}.settle_privileges(${literal(planName)}, '${kind}', array[${oids.join(', ')}]::oid[], array[${places.join(', ')}]${isLast ? ', true' : ''})`
  })
}

/** The same for tables in front of which something of that name stands. */
export function settleTables(
  planName: string,
  tables: readonly TableFacts[],
  nameOf: (table: TableFacts) => QualifiedName,
  isLast = false,
): readonly string[] {
  return settlePrivileges(
    planName,
    tables.map((table) => tableStandIn(table, nameOf(table))),
    isLast,
  )
}

/** What stands in for a table now under a name of its own: the facade, or what was left at the old name. */
export function namedStandIns(table: TableFacts): StandIn[] {
  const { stand, view, shell } = table.location
  if (view === null && shell === null) return []
  return [tableStandIn(table, stand === 'expanded' ? newName(table) : oldName(table))]
}

/** The same, and the facade that waits for the way back. */
export function standInsOf(table: TableFacts): StandIn[] {
  const aside = { schema: stageSchema, name: asideName(table.relation) }
  return [...namedStandIns(table), ...(table.location.aside === null ? [] : [tableStandIn(table, aside)])]
}

export function wrapperOf(routine: RoutineFacts): StandIn[] {
  const { stand, wrapper } = routine.location
  if (wrapper === null) return []
  return [routineStandIn(routine, stand === 'expanded' ? routine.target : routine.source)]
}
