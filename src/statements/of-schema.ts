import { readColumns } from '../catalog/columns.ts'
import { readRecordedStatements } from '../catalog/recorded-statements.ts'
import type { Relation } from '../catalog/relations.ts'
import { readSequences } from '../catalog/sequences.ts'
import type { Session } from '../pg/session.ts'
import { examine, readGround } from './evidence.ts'
import { isAdvice, propose, type Proposal } from './propose.ts'

/** For a first plan: the tables for which a view would not do, by name. No role has a search_path of the plan yet. */
export async function proposedFor(
  session: Session,
  relations: readonly Relation[],
  major: number,
): Promise<Map<string, Proposal>> {
  const recorded = await readRecordedStatements(session)
  if ('missing' in recorded) return new Map()
  const oids = relations.map(({ oid }) => oid)
  const columns = await readColumns(session, oids)
  const sequences = await readSequences(session, oids)
  const ground = await readGround(
    session,
    relations.map((live) => ({
      relation: live.oid,
      source: live.schema,
      name: live.name,
      compat: 'view',
      live,
      columns: columns.get(live.oid) ?? [],
      sequences: sequences.get(live.oid) ?? [],
    })),
  )
  const { examined } = await examine(ground, recorded.statements)
  return new Map(
    ground.tables.flatMap((table) =>
      propose([table], examined, { roles: [], database: false }, major)
        .filter(isAdvice)
        .map((proposal) => [table.name, proposal] as const),
    ),
  )
}
