/** How sure it is that a text is SQL that a database is given. */
export type Confidence = 'high' | 'medium' | 'low'

/** Why something could not be decided, or was left; the manual has a row for each (docs/reference/rewrite.md). */
export const findingCodes = {
  parse: 'looks like SQL and cannot be read',
  'dynamic-relation': 'the name of a relation is put in when the program runs',
  'dynamic-name': 'the name is joined to something that is put in when the program runs',
  'table-argument': 'a function takes it as a name, or an ORM finds it there',
  'orm-mapping': 'an annotation holds it',
  'orm-model': 'the convention of an ORM gives a class this table',
  jpql: 'a query over entities, not tables',
  'low-confidence': 'a piece of SQL, or a sentence that reads like SQL',
  'in-sql': 'within SQL that was read, the name cannot be decided',
  unwritable: 'the new name cannot be written in a string of this form',
  'sql-literal': 'a string within SQL may hold it as a name',
  'name-only': 'a string that is the name and nothing else',
  'ignore-without-reason': 'a comment ignores a line and does not say why',
  'source-broken': 'the file would not be read the same after the change',
  unreadable: 'the file cannot be read as text',
} as const

export type FindingCode = keyof typeof findingCodes

/** Codes of what need not be a use of the name: told, but no reason for `--check` to fail. */
export const possibleCodes: ReadonlySet<FindingCode> = new Set(['sql-literal', 'name-only'])

/** What became of one place in which the name of something that moves is written. */
export type Finding = {
  readonly name: string
  /** In UTF-16 units of the file. */
  readonly start: number
  readonly end: number
  /** One phrase, for people. */
  readonly reason: string
  /** Where the parser could not go on. */
  readonly stopped?: number
} & (
  | { readonly kind: 'rewritten'; readonly confidence: Confidence }
  | { readonly kind: 'kept' }
  | { readonly kind: 'undecided'; readonly code: FindingCode }
)

/** SQL of a file as it will be, for a database to check. */
export interface SourceStatement {
  readonly sql: string
  readonly start: number
  /** Is something put in that is not known before it runs? */
  readonly hasHoles: boolean
}

/** What a file becomes. */
export interface SourceResult {
  readonly text: string
  readonly findings: readonly Finding[]
  readonly statements: readonly SourceStatement[]
}
