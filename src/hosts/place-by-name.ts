import {
  databaseCalls,
  databaseObjects,
  jpqlCalls,
  mappingAnnotations,
  notTableCalls,
  notTableLikeCalls,
  pieceCalls,
  proseCalls,
  routeCalls,
  rowCalls,
  tableCalls,
  tableLikeCalls,
} from './callers.ts'
import type { Context } from './context.ts'
import type { Place } from './place.ts'

/** What is known of the functions that a file calls. */
export interface Calls {
  /** Is it one that takes the name of a table with its schema? */
  readonly isDotted: (name: string) => boolean
  readonly own: Context['calls']
  readonly language: string
}

/** Clients of something that stands before the database, with a way of their own to name the schema. */
const notDotted = /\b(?:supabase|postgrest|prisma|firestore|mongo)\w*\s*(?:\.|\()/i

/** By the name of the function that is given a string, and all that stands before its arguments. */
export function placeByCall(
  by: string,
  written: string,
  isError: boolean,
  { isDotted, own, language }: Calls,
): Place {
  if (own?.sql.includes(by) === true) return { kind: 'database', by }
  if (own?.table.includes(by) === true) return { kind: 'table', by }
  if (own?.text.includes(by) === true) return { kind: 'prose', by }
  const isElsewhere = notTableCalls.test(written)
  if (!isElsewhere && isDotted(by) && !notDotted.test(written)) return { kind: 'dotted', by }
  if (jpqlCalls.test(by)) return { kind: 'jpql', by }
  if (pieceCalls.test(by)) return { kind: 'piece', by }
  if (rowCalls.test(by) && databaseObjects.test(written)) return { kind: 'database', by: `db.${by}` }
  if (databaseCalls.test(by)) return { kind: 'database', by }
  if (tableCalls.test(by) || /\bSchema::\w+$/.test(written) || (language === 'Elixir' && by === 'schema'))
    return { kind: isElsewhere ? 'other' : 'table', by }
  if (isError || proseCalls.test(by) || /(?:Error|Exception|Warning)$/.test(by)) return { kind: 'prose', by }
  if (routeCalls.test(by)) return { kind: 'other', by }
  return { kind: 'elsewhere', by }
}

/** Is a string that is nothing but a name one of a table, by what it is given to? */
export function takesTable({ kind, by }: Place): boolean {
  if (kind === 'database') return by.startsWith('db.')
  return kind === 'elsewhere' && tableLikeCalls.test(by) && !notTableLikeCalls.test(by)
}

/** By an annotation, a decorator or an attribute, as it is written. */
export function placeByAnnotation(written: string): Place {
  const name = /[\w.\\]+/.exec(written)?.[0] ?? ''
  const by = `@${name}`
  if (/^(?:NamedNative|Native|SqlQuery|SqlUpdate|SqlBatch|Select|Insert|Update|Delete)/.test(name))
    return { kind: 'database', by }
  if (/Query/.test(name)) return { kind: /nativeQuery\s*=\s*true/.test(written) ? 'database' : 'jpql', by }
  return { kind: mappingAnnotations.test(name) ? 'mapping' : 'annotation', by }
}
