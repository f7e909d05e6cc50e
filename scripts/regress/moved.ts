import { Moves } from '../../src/rewrite/moves.ts'

/** What a run of the suite has made. */
export interface Made {
  /** The relations of schema public, each with the table that it belongs to: an index goes where its table goes. */
  readonly relations: Readonly<Record<string, string>>
  /** Types that are none of a relation, by the script that makes them. */
  readonly types: Readonly<Record<string, readonly string[]>>
}

/** Reads from the server’s log what a run has made. */
export function readMade(log: string): Made {
  const name = String.raw`"(?:[^"]|"")*"|\S+`
  const line = new RegExp(
    String.raw`^\[pg_regress/(\S+)\] LOG: {2}(?:relation made: (${name}) of (${name})|type made: (${name}))$`,
    'gm',
  )
  const relations: Record<string, string> = {}
  const types: Record<string, string[]> = {}
  for (const [, script, relation, table, type] of log.matchAll(line)) {
    if (relation !== undefined) relations[plain(relation)] ??= plain(table!)
    else (types[script!] ??= []).push(plain(type!))
  }
  return { relations, types }
}

function plain(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}

/**
 * What moves for a script: every relation that any script makes, so that names are met that mean something else here,
 * but for those that are types in this one, since no schema has a type and a relation of one name.
 */
export function namesFor({ relations, types }: Made, script: string): [name: string, table: string][] {
  const own = new Set(types[script])
  return Object.entries(relations).filter(([name]) => !own.has(name))
}

/** How the relations are spread over schemas. */
export type Spread = 'one' | 'two' | 'public'

/** Their names sort like `public`, by which some of the suite’s queries order what they show. */
export function schemasOf(spread: Spread): string[] {
  return { one: ['public2'], two: ['public2', 'public3'], public: ['public'] }[spread]
}

export function movesOf(names: readonly (readonly [name: string, table: string])[], spread: Spread): Moves {
  const schemas = schemasOf(spread)
  return new Moves(
    names.map(([name, table]) => ({
      class: 'relation' as const,
      schema: 'public',
      name,
      target: targetOf(table, schemas),
    })),
  )
}

export function targetOf(name: string, schemas: readonly string[]): string {
  return schemas[family(name) % schemas.length]!
}

/**
 * A number by which names are spread. What PostgreSQL keeps together in one schema (a table, its indexes and its sequences)
 * is called alike, and so are tables of which one is renamed to another: the first letter alone counts.
 */
function family(name: string): number {
  return name.codePointAt(0)!
}
