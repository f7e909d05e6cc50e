import { qualified } from '../pg/identifier.ts'
import type { MappedName, Snapshot } from './snapshot.ts'

/** The names of a plan as constants of TypeScript, so that a name that does not exist does not compile. */
export function typescriptOf(snapshot: Snapshot): string {
  const { plan, hash, services, names } = snapshot
  // What follows a table is not asked for by name; a routine or a type is a word of its own.
  const own = names.filter((each) => each.of === each.name)
  const of = (kind: MappedName['class']): string => constantsOf(own.filter((each) => each.class === kind))
  return `// Written by \`migrate resolver generate\` for plan ${JSON.stringify(plan)}; do not edit.

export const plan = ${JSON.stringify(plan)}
/** Identity of the plan from which this was written. */
export const planHash = ${JSON.stringify(hash)}

export const services = ${JSON.stringify(services, null, 2)} as const

/** Tables and views: the name before the move and after it, as SQL writes them. */
export const tables = ${of('relation')} as const

export const routines = ${of('routine')} as const

export const types = ${of('type')} as const

export type ServiceName = keyof typeof services
export type TableName = keyof typeof tables
export type RoutineName = keyof typeof routines
export type TypeName = keyof typeof types
`
}

/** By name; by old schema and name where a name alone would be two. */
function constantsOf(names: readonly MappedName[]): string {
  const isOne = (name: string): boolean => names.filter((each) => each.name === name).length === 1
  const entries = names.map((each) => {
    const { schema, name, target, service } = each
    const old = qualified({ schema, name })
    return [
      isOne(name) ? name : `${schema}.${name}`,
      { service, old, new: qualified({ schema: target, name }) },
    ]
  })
  return JSON.stringify(Object.fromEntries(entries), null, 2)
}
