import type { Column } from '../catalog/columns.ts'
import type { ColumnSequence } from '../catalog/sequences.ts'
import { surroundings } from '../rewrite/decide.ts'
import { Moves } from '../rewrite/moves.ts'
import { rewriteText } from '../rewrite/rewrite.ts'
import { ident, qualified } from '../pg/identifier.ts'
import type { CompatPolicy } from '../plan/compat.ts'
import { Parser } from '../sql/parser.ts'
import { sequenceUnit, tableUnit } from './body-units.ts'
import type { GoingSequence } from './shared-sequences.ts'

/** A default that finds a sequence by its text, `nextval('public.q_seq'::text::regclass)`, and is to find it elsewhere. */
export interface DefaultChange {
  readonly relation: number
  readonly column: string
  /** As findings name it. */
  readonly holder: string
  /** The names that it finds by their text. */
  readonly texts: readonly string[]
  /** The part of contract in whose transaction the sequence moves. */
  readonly unit: string
  readonly before: string
  readonly after: string
}

interface Table {
  readonly relation: number
  readonly name: string
  readonly source: string
  readonly target: string
  readonly compat: CompatPolicy
  readonly columns: readonly Column[]
  readonly sequences: readonly ColumnSequence[]
  readonly live: { readonly schema: string }
}

interface Names {
  readonly tables: readonly Table[]
  readonly going: readonly GoingSequence[]
  readonly path: readonly string[]
}

/** The defaults of moved tables that contract writes anew, since sequences that they find by a text move then. */
export async function readDefaultChanges({ tables, going, path }: Names): Promise<DefaultChange[]> {
  const changes: DefaultChange[] = []
  // Where nothing stays at the old name, its sequences have gone by then.
  for (const table of tables.filter(({ compat }) => compat !== 'none' && compat !== 'search-path')) {
    const units = [
      ...table.sequences
        .filter(({ kind }) => kind === 'owned')
        .map(({ name }) => ({
          unit: tableUnit(table.relation),
          schema: table.source,
          name,
          target: table.target,
        })),
      ...going.map(({ oid, source, name, target }) => ({
        unit: sequenceUnit(oid),
        schema: source,
        name,
        target,
      })),
    ]
    for (const { name: column, default: before } of table.columns) {
      if (before === null || !before.includes(')::regclass')) continue
      const own = units.filter(({ name }) => before.includes(name))
      if (own.length === 0) continue
      const loaded = await Parser.shared()
      for (const { unit, ...move } of own) {
        const moves = new Moves([{ ...move, class: 'relation' }])
        const result = rewriteText(loaded, `select ${before}`, moves, surroundings(path))
        const after = result.text.slice('select '.length)
        if (result.problem !== undefined || after === before) continue
        const holder = `default of ${qualified({ schema: table.live.schema, name: table.name })}.${ident(column)}`
        const texts = [`${move.schema}.${move.name}`, qualified(move), move.name, ident(move.name)]
        changes.push({ relation: table.relation, column, holder, texts, unit, before, after })
      }
    }
  }
  return changes
}
