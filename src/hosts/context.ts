import type { Surroundings } from '../rewrite/decide.ts'
import type { Edit } from '../rewrite/mention.ts'
import type { Moves } from '../rewrite/moves.ts'
import type { Parser } from '../sql/parser.ts'
import type { Confidence, Finding, SourceStatement } from './finding.ts'
import type { Names } from './names.ts'
import type { Place } from './place.ts'
import type { Part } from './strings.ts'

export interface Context {
  readonly parser: Parser
  readonly moves: Moves
  readonly names: Names
  readonly around: Surroundings
  /** Edits that are less sure are told and not made. */
  readonly least: Confidence
  /** Are statements wanted as they will be, for a database to check? */
  readonly hasStatements: boolean
  /** Has a person decided that what stands there stays? */
  readonly isIgnored?: (place: number) => boolean
  /** Functions of the program’s own that are given SQL, the name of a table, or neither. */
  readonly calls?: Readonly<Record<'sql' | 'table' | 'text', readonly string[]>>
}

/** The edits that no person has decided against. */
export function wanted({ isIgnored }: Context, edits: readonly Edit[]): readonly Edit[] {
  return isIgnored === undefined ? edits : edits.filter(({ start }) => !isIgnored(start))
}

/** A string of a program, with what it is joined with. */
export interface HostString {
  readonly start: number
  readonly end: number
  readonly parts: readonly Part[]
  readonly place: Place
}

export interface Decision {
  readonly edits: readonly Edit[]
  readonly findings: readonly Finding[]
  readonly statement?: SourceStatement
}
