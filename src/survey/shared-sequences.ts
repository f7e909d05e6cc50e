import { readSharedSequences, type SharedSequence } from '../catalog/shared-sequences.ts'
import type { Session } from '../pg/session.ts'
import type { Mapping } from './mapping.ts'

/** A sequence of no column that numbers the tables of one service alone, and so goes with them. */
export interface GoingSequence {
  readonly oid: number
  readonly service: string
  readonly name: string
  readonly source: string
  readonly target: string
  readonly schema: string
  readonly isTaken: boolean
}

export interface SharedSequences {
  readonly going: readonly GoingSequence[]
  /** Those that number tables of several services, or tables that do not move. */
  readonly staying: readonly SharedSequence[]
}

export async function surveySequences(
  session: Session,
  mappings: readonly Mapping[],
): Promise<SharedSequences> {
  const byOid = new Map(mappings.map((mapping) => [mapping.relation, mapping]))
  const targets = [...new Set(mappings.map(({ target }) => target))]
  const found = await readSharedSequences(session, [...byOid.keys()], targets)
  const going: GoingSequence[] = []
  const staying: SharedSequence[] = []
  for (const sequence of found) {
    const users = sequence.relations.map((relation) => byOid.get(relation)!)
    const { service, source, target } = users[0]!
    const isOne = users.every((user) => user.service === service) && !sequence.isUsedElsewhere
    const isHere = sequence.schema === source || sequence.schema === target
    const { oid, name, schema, takenIn } = sequence
    if (isOne && isHere)
      going.push({ oid, service, name, source, target, schema, isTaken: takenIn.includes(target) })
    else if (users.some((user) => user.source === schema)) staying.push(sequence)
  }
  return { going, staying }
}
