import type { NameClass } from './moves.ts'

/** A place in a statement where a relation, type or routine is named. */
export interface Site {
  readonly class: NameClass
  /** The words of the name: catalog and schema where they are written, and the name. */
  readonly words: readonly string[]
  /** Names that hide relations without a schema here: CTEs. */
  readonly hidden: ReadonlySet<string>
  /** Is it what the statement makes? Then what it is after the statement decides. */
  readonly isMade?: true
  /** May it be a composite type, which is named like a relation? */
  readonly isComposite?: true
  /** Where the name begins, in bytes; where the grammar keeps no place, it is looked for. */
  readonly at: { readonly byte: number } | { readonly search: readonly string[]; readonly isLast?: true }
}

/** A string that may hold names or SQL. */
export interface TextSite {
  /** A name as the input of regclass and its kin; or SQL, a body of a language. */
  readonly meaning: NameClass | 'sql'
  /** The function that it is an argument of. */
  readonly argumentOf?: string
  /** Which of its arguments, from 0. */
  readonly argument?: number
  /** It is compared with the text that PostgreSQL makes of a name: with a schema, but for those of the search_path. */
  readonly isOutput?: true
  readonly value: string
  readonly at: { readonly byte: number }
}

/** What CREATE SCHEMA makes, and what in it names that without a schema, is in the new schema. */
export function isOfNewSchema(site: Site, sites: readonly Site[]): boolean {
  const isThis = (other: Site): boolean =>
    other.isMade === true && other.class === site.class && other.words.at(-1) === site.words[0]
  return site.words.length === 1 && sites.some(isThis)
}
