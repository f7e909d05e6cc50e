import { readColumns } from '../catalog/columns.ts'
import { readRecordedStatements } from '../catalog/recorded-statements.ts'
import type { Relation } from '../catalog/relations.ts'
import { readSequences } from '../catalog/sequences.ts'
import { qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { judgeBodies } from './bodies.ts'
import { examine, readGround } from './evidence.ts'
import { isAdvice, propose, type Proposal } from './propose.ts'

/** For a first plan: the tables for which a view would not do, by name. No role has a search_path of the plan yet. */
export async function proposedFor(
  session: Session,
  relations: readonly Relation[],
  major: number,
): Promise<Map<string, Proposal>> {
  const recorded = await readRecordedStatements(session)
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
  const { examined } = await examine(ground, 'missing' in recorded ? [] : recorded.statements)
  const bodies = await judgeBodies(session, ground)
  const proposals = propose(ground.tables, examined, bodies, { roles: [], database: false }, major).filter(
    isAdvice,
  )
  const found = new Map(proposals.map((proposal) => [proposal.table, proposal]))
  return new Map(
    relations.flatMap((relation) => {
      const proposal = found.get(qualified(relation))
      return proposal === undefined ? [] : [[relation.name, proposal] as const]
    }),
  )
}
