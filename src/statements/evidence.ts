import { readKeys } from '../catalog/keys.ts'
import type { RecordedStatement } from '../catalog/recorded-statements.ts'
import { pathInForce, readNamesakes, readSearchPaths, type SearchPaths } from '../catalog/search-paths.ts'
import type { Column } from '../catalog/columns.ts'
import type { Relation } from '../catalog/relations.ts'
import type { ColumnSequence } from '../catalog/sequences.ts'
import type { Session } from '../pg/session.ts'
import type { CompatPolicy } from '../plan/compat.ts'
import { analyse, type Analysis } from './analyse.ts'
import type { KnownTable, Lookup } from './known.ts'
import { lookupFor, pathOf, type Namesakes } from './names.ts'
import { Parser } from '../sql/parser.ts'
import type { Facts } from '../survey/facts.ts'

/** What must be known of a table beforehand; a table of the survey has it all. */
export interface Candidate {
  readonly relation: number
  readonly source: string
  readonly name: string
  readonly compat: CompatPolicy
  readonly live: Pick<Relation, 'kind' | 'hasInheritors'>
  readonly columns: readonly Column[]
  readonly sequences: readonly ColumnSequence[]
}

export interface Ground {
  readonly tables: readonly KnownTable[]
  readonly paths: SearchPaths
  readonly namesakes: Namesakes
}

/** A statement with what was found in it. */
export interface Examined extends Analysis {
  readonly statement: RecordedStatement
}

export interface Examination {
  /** Statements that name a moved table. */
  readonly examined: readonly Examined[]
  /** Statements that may name one, and cannot be parsed. */
  readonly unparsable: readonly (RecordedStatement & { readonly reason: string })[]
}

/** Reads from the catalogs what decides which statements go on working. */
export async function readGround(session: Session, candidates: readonly Candidate[]): Promise<Ground> {
  const keys = await readKeys(
    session,
    candidates.map(({ relation }) => relation),
  )
  const tables = candidates.map(
    ({ relation, source, name, compat, live, columns, sequences }): KnownTable => ({
      schema: source,
      name,
      policy: compat,
      hasChildren: live.kind === 'p' || live.hasInheritors,
      columns,
      primaryKey: keys.get(relation)?.primaryKey ?? [],
      deferrable: keys.get(relation)?.deferrable ?? [],
      indexes: keys.get(relation)?.indexes ?? [],
      // By its old name: where it was, and where the statement looks for it.
      identitySequences: sequences
        .filter(({ kind }) => kind === 'identity')
        .map((sequence) => ({ schema: source, name: sequence.name })),
    }),
  )
  const names = candidates.map(({ name }) => name)
  return { tables, paths: await readSearchPaths(session), namesakes: await readNamesakes(session, names) }
}

const grounds = new WeakMap<Facts, Promise<Ground>>()

/** The same for the tables of a survey. Once the old names are gone nothing more can break. */
export function groundOf(session: Session, facts: Facts): Promise<Ground> {
  const candidates = facts.tables.filter(({ location }) => location.stand !== 'contracted')
  const found = grounds.get(facts) ?? readGround(session, candidates)
  grounds.set(facts, found)
  return found
}

/** Looks into every statement that may name one of the tables. */
export async function examine(
  ground: Ground,
  statements: readonly RecordedStatement[],
): Promise<Examination> {
  const parser = await Parser.shared()
  const mayName = prefilter(ground.tables)
  const lookups = new Map<string, Lookup>()
  const examined: Examined[] = []
  const unparsable: (RecordedStatement & { reason: string })[] = []
  for (const statement of statements) {
    if (!mayName(statement.sql)) continue
    const lookup = lookups.get(statement.role) ?? lookupOf(ground, statement.role)
    lookups.set(statement.role, lookup)
    const found = await analyse(parser, statement.sql, lookup)
    if ('unparsable' in found) unparsable.push({ ...statement, reason: found.unparsable })
    else if (found.names.length + found.hits.length > 0) examined.push({ statement, ...found })
  }
  return { examined, unparsable }
}

function lookupOf({ tables, paths, namesakes }: Ground, role: string): Lookup {
  return lookupFor(tables, pathOf(pathInForce(paths, role), role), namesakes)
}

/** Most statements name none of the tables, and are not worth parsing: a name shows by its first word at least. */
function prefilter(tables: readonly KnownTable[]): (sql: string) => boolean {
  const wordsIn = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}_$]+/gu) ?? []
  const first = new Set(
    tables.flatMap(({ name, identitySequences, deferrable, indexes }) =>
      [name, ...identitySequences.map((sequence) => sequence.name), ...deferrable, ...indexes].map(
        (it) => wordsIn(it)[0],
      ),
    ),
  )
  // A name of punctuation only, or one written U&"\\0061", hides from this.
  const hides = first.has(undefined)
  return (sql) => hides || /u&"/i.test(sql) || wordsIn(sql).some((word) => first.has(word))
}
