import { owner } from '../finding-tables.ts'
import { parseName } from '../names.ts'
import { bodyOf, isNode, list, text, words } from '../../sql/tree.ts'
import { silent, type Trap } from '../trap.ts'
import type { Visit } from '../walk.ts'

const bySequence = new Set(['nextval', 'currval', 'setval'])

/**
 * Sequences of identity columns go with their table and cannot have a second name; those of serial columns keep theirs
 * until contract. Only a name that is written as a constant is seen: pg_stat_statements puts $1 in its place.
 */
export const sequenceTraps: readonly Trap[] = [
  {
    id: 'identity-sequence',
    breaks: 'fails: the sequence of an identity column has moved with its table',
    severity: 'error',
    view: '42P01',
    wayOut: 'name the sequence with its new schema, or use pg_get_serial_sequence of the new name',
    find: (at) => (calls(at, bySequence) ? owner(at.lookup.sequence, ...nameIn(at)) : []),
  },
  {
    id: 'serial-sequence',
    breaks: 'is NULL for an identity column, and so is what setval and currval make of it',
    severity: 'error',
    view: silent,
    wayOut: 'ask for the sequence of the new name',
    find: (at) =>
      calls(at, new Set(['pg_get_serial_sequence']))
        ? owner(at.lookup.table, ...nameIn(at)).filter(({ table }) =>
            table.columns.some(
              ({ name, identity }) => identity !== '' && name === constant(list(at.body['args'])[1]),
            ),
          )
        : [],
  },
]

function calls({ tag, body }: Visit, names: ReadonlySet<string>): boolean {
  return tag === 'FuncCall' && names.has(words(body['funcname']).at(-1) ?? '')
}

/** Schema and name in the first argument. */
function nameIn({ body }: Visit): readonly [schema: string | undefined, name: string | undefined] {
  const name = parseName(constant(list(body['args'])[0]) ?? '')
  return [name.at(-2), name.at(-1)]
}

/** A text constant, also under a cast. */
function constant(value: unknown): string | undefined {
  const cast = bodyOf(value, 'TypeCast')
  if (cast !== undefined) return constant(cast['arg'])
  const found = bodyOf(value, 'A_Const')?.['sval']
  return isNode(found) ? text(found['sval']) : undefined
}
