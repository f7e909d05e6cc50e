import type { Language } from './language.ts'
import { languageOf, languages } from './languages.ts'

/** What a file is by the end of its name. */
export type FileKind =
  /** SQL, also with a template's marks in it. */
  | { readonly kind: 'script'; readonly isTemplate: boolean }
  /** SQL in elements of XML. */
  | { readonly kind: 'mapper' }
  /** Templates of StringTemplate, each a text of SQL. */
  | { readonly kind: 'group' }
  | { readonly kind: 'perl' }
  | { readonly kind: 'prisma' }
  | { readonly kind: 'language'; readonly language: Language }

const script = /\.(?:sql|psql|pgsql|plpgsql|ddl|dml)$/i
/** `q.sql.j2`, `q.sql.erb`, `q.sql.tmpl`, and also `q.sql.bak`: whatever it is, SQL is in it. */
const template = /\.(?:sql|psql|pgsql|plpgsql|ddl|dml)(?:\.[\w-]+)+$/i

const others: readonly (readonly [RegExp, FileKind])[] = [
  [script, { kind: 'script', isTemplate: false }],
  [/\.stg$/i, { kind: 'group' }],
  [/\.xml$/i, { kind: 'mapper' }],
  [/\.(?:pl|pm|t|cgi|psgi)$/i, { kind: 'perl' }],
  [/\.prisma$/i, { kind: 'prisma' }],
  [template, { kind: 'script', isTemplate: true }],
]

/** Undefined for a file that is not read. */
export function kindOf(name: string): FileKind | undefined {
  // A program that has to do with a script, such as `x.sql.py`, is a program.
  const language = languageOf(/\.\w+$/.exec(name)?.[0] ?? '')
  if (language !== undefined) return { kind: 'language', language }
  return others.find(([pattern]) => pattern.test(name))?.[1]
}

/** Ends of the names of files that are read, for people. */
export const knownEndings: readonly string[] = [
  ...['.sql', '.psql', '.pgsql', '.plpgsql', '.ddl', '.dml', '.sql.*', '.stg', '.xml', '.prisma'],
  ...['.pl', '.pm', '.t', '.cgi', '.psgi'],
  ...languages.flatMap(({ extensions }) => extensions),
]
