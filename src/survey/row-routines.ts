import { readNamesOf, readRowRoutines } from '../catalog/functions.ts'
import { qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { surroundings } from '../rewrite/decide.ts'
import { Moves } from '../rewrite/moves.ts'
import { Parser } from '../sql/parser.ts'
import { decideBody } from './body.ts'
import type { Mapping } from './mapping.ts'

/** A function that rows make run, and that finds something of their schema only by the search_path of whoever writes. */
export interface FollowingRoutine {
  readonly signature: string
  readonly source: string
  /** What it names without a schema. */
  readonly names: readonly string[]
  /** The tables whose rows make it run. */
  readonly tables: readonly string[]
}

/** The rewriter tells what a body names, when each name of the schema is to be written with that schema in front. */
export async function readFollowing(
  session: Session,
  tables: readonly Pick<Mapping, 'relation' | 'source' | 'name'>[],
): Promise<FollowingRoutine[]> {
  const byOid = new Map(tables.map((table) => [table.relation, table]))
  const routines = await readRowRoutines(session, [...byOid.keys()])
  if (routines.length === 0) return []
  const parser = await Parser.shared()
  const found: FollowingRoutine[] = []
  for (const source of [...new Set(tables.map((table) => table.source))]) {
    const moves = new Moves(
      (await readNamesOf(session, source)).map((name) => ({ ...name, schema: source, target: source })),
    )
    for (const { signature, relations, ...body } of routines) {
      const its = relations.flatMap((relation) => byOid.get(relation) ?? [])
      if (!its.some((table) => table.source === source)) continue
      await parser.ready()
      const { names } = decideBody(parser, body, moves, surroundings([source]))
      const bare = names.filter(({ isQualified }) => !isQualified).map(({ name }) => name)
      if (bare.length > 0)
        found.push({
          ...{ signature, source },
          names: [...new Set(bare)].sort(),
          tables: its.map((table) => qualified({ schema: table.source, name: table.name })),
        })
    }
  }
  return found
}
