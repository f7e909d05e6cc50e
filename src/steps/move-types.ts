import { ident, qualified } from '../pg/quoting.ts'
import type { TypeFacts } from '../survey/facts.ts'
import type { StepContext, StepKind } from './kind.ts'
import { newName, oldName } from './names.ts'
import { typesUnit } from '../survey/body-units.ts'
import { routinesAction } from './routines.ts'
import { bodiesToReplace, recordedBodies, replaceBodies, restoreBodies, type ReplacedBody } from './bodies.ts'

type Config = { readonly database: string; readonly service: string; readonly types: readonly number[] }

/**
 * Types go to their new names last: a type has one name at a time, since a domain over it is another type to arrays,
 * comparisons and ALTER TYPE. Columns, functions and casts follow it by its OID, and bodies that name it are rewritten in
 * the same transaction.
 */
export const moveTypes: StepKind<Config> = {
  kind: 'move-types',
  traits: { lock: 'none', renames: true },
  summary: ({ types, service }, context) =>
    `move ${names(types, context)} of ${service}; the old names of types are gone then`,
  undoSummary: ({ types }, context) => `move ${names(types, context)} back`,
  observe({ types }, context) {
    const there = types.filter((oid) => isThere(context.type(oid)))
    return there.length === types.length ? 'present' : there.length === 0 ? 'absent' : 'partial'
  },
  record: ({ service }, context) => ({ bodies: bodiesOf(service, context) }),
  actions: ({ database, service, types }, context) => [
    routinesAction(database, `types-${service}`, 'move types to their new names', [
      ...types
        .map((oid) => context.type(oid))
        .filter((type) => !isThere(type))
        .map((type) => `alter type ${qualified(oldName(type))} set schema ${ident(type.target)}`),
      ...replaceBodies(bodiesOf(service, context)),
    ]),
  ],
  undo: ({ database, service, types }, context, record) => [
    routinesAction(database, `types-${service}`, 'move types back to their old names', [
      ...types
        .map((oid) => context.type(oid))
        .filter(isThere)
        .map((type) => `alter type ${qualified(newName(type))} set schema ${ident(type.source)}`),
      ...restoreBodies(recordedBodies(record)),
    ]),
  ],
}

function bodiesOf(service: string, context: StepContext): ReplacedBody[] {
  return bodiesToReplace(context, ({ last }) => last.find(({ unit }) => unit === typesUnit(service)))
}

function isThere({ location, target }: TypeFacts): boolean {
  return location.schema === target
}

function names(types: readonly number[], context: StepContext): string {
  return types.map((oid) => ident(context.type(oid).name)).join(', ')
}
