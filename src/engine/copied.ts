import {
  readBySignature,
  readCopiedObjects,
  readCopiedRelations,
  readSequenceOids,
  type CopiedObject,
  type CopiedRelation,
} from '../catalog/copied.ts'
import type { CopiedOids, CopiedTable } from '../journal/copied.ts'
import type { Journal } from '../journal/read.ts'
import type { StepRow } from '../journal/rows.ts'
import { ident, qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { oldName } from '../steps/names.ts'
import { readBaselines } from './baseline.ts'

/** The things of a run, found in a copy by kind and name. */
export interface Copied {
  readonly oids: CopiedOids
  readonly relations: readonly CopiedRelation[]
  readonly objects: readonly CopiedObject[]
  readonly tables: ReadonlyMap<number, CopiedTable>
  readonly records: readonly Pick<StepRow, 'phase' | 'id' | 'record'>[]
  /** What is not there, or cannot be told from something else. */
  readonly missing: readonly string[]
}

/** Looks for everything that the journal of the original names. */
export async function findCopied(session: Session, journal: Journal): Promise<Copied> {
  const { mappings } = journal
  const relations = await readCopiedRelations(
    session,
    mappings.map((mapping) => ({ ...mapping, isView: mapping.baseline.lines.includes('rule _RETURN') })),
  )
  const objects = await readCopiedObjects(session, journal.objects)
  const missing = [
    ...relations
      .filter(({ oid }) => oid === null)
      .map(({ was }) => {
        const { name, source, target } = mappings.find(({ relation }) => relation === was)!
        return `${qualified(oldName({ name, source, target }))}: there is no such table in schema ${ident(source)} or ${ident(target)}, or what is in the one does not stand in for what is in the other`
      }),
    ...objects
      .filter(({ oid }) => oid === null)
      .map(({ was, class: kind }) => {
        const { name, source, target } = journal.objects.find((it) => it.oid === was && it.class === kind)!
        return `${ident(source)}.${ident(name)}: there is no such ${kind} in schema ${ident(source)} or ${ident(target)}, or both are of their own`
      }),
  ]
  const found = (kind: 'function' | 'type'): Map<number, number> =>
    new Map(
      objects.flatMap((it) => (it.class === kind && it.oid !== null ? [[it.was, it.oid] as const] : [])),
    )
  const oids = {
    relations: new Map(relations.flatMap(({ was, oid }) => (oid === null ? [] : [[was, oid] as const]))),
    functions: found('function'),
    types: found('type'),
  }
  if (missing.length > 0) return { oids, relations, objects, tables: new Map(), records: [], missing }
  const sequences = await sequencesOf(session, journal)
  return {
    oids,
    relations,
    objects,
    tables: await tablesOf(session, journal, oids, sequences),
    records: await recordsOf(session, journal, oids),
    missing,
  }
}

async function sequencesOf(session: Session, { mappings }: Journal): Promise<Map<number, number>> {
  return readSequenceOids(
    session,
    mappings.flatMap(({ baseline, source, target }) =>
      baseline.sequences.map(({ oid, schema, name }) => ({
        was: oid,
        name,
        schemas: [schema, source, target],
      })),
    ),
  )
}

/** The copy’s tables are compared with what they are now; how they were before the run speaks of OIDs that are not theirs. */
async function tablesOf(
  session: Session,
  { mappings }: Journal,
  { relations }: CopiedOids,
  sequences: ReadonlyMap<number, number>,
): Promise<Map<number, CopiedTable>> {
  const baselines = await readBaselines(session, [...relations.values()])
  return new Map(
    mappings.map(({ relation: was, family, baseline }) => {
      const relation = relations.get(was)!
      return [
        was,
        {
          relation,
          family: relations.get(family) ?? relation,
          baseline: {
            lines: baselines.get(relation)!.lines,
            rowTypeUses: baseline.rowTypeUses,
            sequences: baseline.sequences.flatMap((sequence) => {
              const oid = sequences.get(sequence.oid)
              return oid === undefined ? [] : [{ ...sequence, oid }]
            }),
          },
        },
      ]
    }),
  )
}

interface Body {
  readonly oid: number
  readonly function: string
}

/** What steps have recorded, with the OIDs of the copy; sequences of no column come last, when the catalogs are read again. */
async function recordsOf(
  session: Session,
  { steps }: Journal,
  { relations, functions }: CopiedOids,
): Promise<Copied['records']> {
  const bodiesOf = ({ record }: StepRow): Body[] => ((record as { bodies?: unknown }).bodies ?? []) as Body[]
  const bySignature = await readBySignature(
    session,
    steps.flatMap(bodiesOf).map((body) => body.function),
  )
  // A function that is not there is left alone by the undo, which looks at its text.
  const renewed = (entry: unknown): unknown => {
    const {
      relation,
      oid,
      function: signature,
    } = entry as { relation?: number; oid?: number; function?: string }
    return {
      ...(entry as object),
      ...(relation === undefined ? {} : { relation: relations.get(relation) ?? relation }),
      ...(signature === undefined ? {} : { oid: functions.get(oid!) ?? bySignature.get(signature) ?? 0 }),
    }
  }
  return steps.flatMap(({ phase, id, record }) => {
    const lists = Object.entries(record).filter(
      ([key, value]) => listsWithOids.has(key) && Array.isArray(value) && value.length > 0,
    )
    if (lists.length === 0) return []
    const changed = lists.map(([key, value]) => [key, (value as unknown[]).map(renewed)] as const)
    return [{ phase, id, record: { ...record, ...Object.fromEntries(changed) } }]
  })
}

/** What steps record with OIDs of tables and functions. */
const listsWithOids: ReadonlySet<string> = new Set(['publications', 'bodies', 'defaults'])
