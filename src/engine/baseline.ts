import { readParity } from '../catalog/parity.ts'
import { readRowTypeUses } from '../catalog/row-types.ts'
import { readSequences } from '../catalog/sequences.ts'
import type { Baseline } from '../journal/rows.ts'
import type { Session } from '../pg/session.ts'

/** Tables as they are before the run changes them. */
export async function readBaselines(
  session: Session,
  oids: readonly number[],
): Promise<Map<number, Baseline>> {
  const lines = await readParity(session, oids)
  const sequences = await readSequences(session, oids)
  const uses = await readRowTypeUses(session, oids)
  return new Map(
    oids.map((relation) => [
      relation,
      {
        lines: lines.get(relation) ?? [],
        sequences: (sequences.get(relation) ?? []).map(({ oid, schema, name, column, kind }) => ({
          oid,
          schema,
          name,
          column,
          kind,
        })),
        rowTypeUses: uses.filter((use) => use.relation === relation).map(({ user }) => user),
      },
    ]),
  )
}
