import { owner } from '../finding-tables.ts'
import type { Named } from '../known.ts'
import { constant, relationsNamed, writtenName } from '../named.ts'
import { list, words } from '../../sql/tree.ts'
import { silent, type Trap } from '../trap.ts'
import type { Visit } from '../walk.ts'

const bySequence = new Set(['nextval', 'currval', 'setval', 'pg_sequence_last_value'])

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
    nothing: '42P01',
    find: (at) =>
      calls(at, bySequence)
        ? owner(at.lookup.sequence, ...writtenName(list(at.body['args'])[0]))
        : at.tag === 'TypeCast'
          ? sequencesNamed(at)
          : [],
  },
  {
    id: 'sequence-by-name',
    breaks: 'fails: the sequence of an identity column has moved with its table',
    // pg_dump reads sequences like tables, and so do the probes.
    severity: 'warning',
    view: '42P01',
    nothing: '42P01',
    wayOut: 'name the sequence with its new schema; nothing, if it was pg_dump',
    find: (at) => (at.tag === 'TypeCast' ? [] : sequencesNamed(at)),
  },
  {
    id: 'serial-sequence',
    breaks: 'is NULL for an identity column, and so is what setval and currval make of it',
    severity: 'error',
    view: silent,
    wayOut: 'ask for the sequence of the new name',
    find: (at) =>
      calls(at, new Set(['pg_get_serial_sequence']))
        ? owner(at.lookup.table, ...writtenName(list(at.body['args'])[0])).filter(({ table }) =>
            table.columns.some(
              ({ name, identity }) => identity !== '' && name === constant(list(at.body['args'])[1]),
            ),
          )
        : [],
  },
]

function sequencesNamed(at: Visit): Named[] {
  return relationsNamed(at, 'OBJECT_SEQUENCE').flatMap((name) => owner(at.lookup.sequence, ...name))
}

function calls({ tag, body }: Visit, names: ReadonlySet<string>): boolean {
  return tag === 'FuncCall' && names.has(words(body['funcname']).at(-1) ?? '')
}
