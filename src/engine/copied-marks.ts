import { readWayOfCounting } from '../catalog/way-of-counting.ts'
import type { CopiedRelation } from '../catalog/copied.ts'
import { markView } from '../catalog/mark.ts'
import { asideName, markOf, stageSchema } from '../catalog/names.ts'
import { readStructureWatch } from '../catalog/structure-watch.ts'
import type { Journal } from '../journal/read.ts'
import { ident, literal, qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { createTelltale } from '../steps/telltale.ts'
import type { Copied } from './copied.ts'
import { mirrorOf } from './mirror.ts'

/**
 * Gives back to the tool’s own objects what a copy by pg_dump loses: marks, which it does not write for rules, or for
 * nothing with --no-comments; and names that are made of OIDs.
 * @returns what looks like the tool’s own and is not
 */
export async function mendMarks(session: Session, journal: Journal, copied: Copied): Promise<string[]> {
  const foreign: string[] = []
  const mark = markOf(journal.run.plan)
  for (const relation of copied.relations) {
    if (relation.other !== null && relation.otherKind === 'v')
      foreign.push(...(await markIfMirror(session, relation, relation.other, relation.telltale, mark)))
    if (relation.aside !== null)
      foreign.push(...(await markIfMirror(session, relation, relation.aside, null, mark)))
  }
  for (const { wrapper, wrapperMark } of copied.objects)
    if (wrapper !== null && wrapperMark !== mark) {
      const { name } = await session.one<{ name: string }>(`select $1::oid::regprocedure::text as name`, [
        wrapper,
      ])
      await session.script(`comment on routine ${name} is ${literal(mark)}`)
    }
  await markSchemas(session, journal, mark)
  await renameByOid(session, copied)
  return foreign
}

async function markIfMirror(
  session: Session,
  { oid }: CopiedRelation,
  view: number,
  telltale: string | null,
  mark: string,
): Promise<string[]> {
  const { isMirror, name } = await mirrorOf(session, view, oid!, telltale)
  if (!isMirror) return [`${name} is not the view that stands in for the table: somebody has made it`]
  await session.script(markView(name, mark))
  return []
}

/** Schemas that the run has made, and the way in which changes of structure are met. */
async function markSchemas(session: Session, { steps }: Journal, mark: string): Promise<void> {
  const made = steps
    .filter(
      ({ kind, state, record }) =>
        kind === 'prepare-schema' && state === 'done' && record['created'] === true,
    )
    .map(({ id }) => id.replace(/^schema /, ''))
  const unmarked = await session.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname = any($1::text[]) and obj_description(oid, 'pg_namespace') is null`,
    [[...made, stageSchema]],
  )
  for (const { name } of unmarked)
    await session.script(`comment on schema ${ident(name)} is ${literal(mark)}`)
}

/** In two turns: the new name of one may be the old name of another. */
async function renameByOid(session: Session, { relations, objects }: Copied): Promise<void> {
  const moved = [...relations.filter(({ oid, was }) => oid !== was)]
  const stage = (name: string): string => qualified({ schema: stageSchema, name })
  for (const turn of [1, 2])
    for (const { was, oid, aside } of moved) {
      if (aside === null) continue
      const [from, to] = turn === 1 ? [asideName(was), `copied_${oid!}`] : [`copied_${oid!}`, asideName(oid!)]
      await session.script(`alter view ${stage(from)} rename to ${ident(to)}`)
    }
  const counted = [
    ...moved.map(({ was, oid }) => ({ was, oid: oid! })),
    ...objects
      .filter((it) => it.class === 'function' && it.oid !== it.was)
      .map(({ was, oid }) => ({ was, oid: oid! })),
  ]
  for (const turn of [1, 2])
    for (const { was, oid } of counted)
      for (const kind of ['used', 'counted']) {
        const [from, to] =
          turn === 1
            ? [`${kind}_${was}`, `copied_${kind}_${oid}`]
            : [`copied_${kind}_${oid}`, `${kind}_${oid}`]
        if (await hasRoutine(session, from))
          await session.script(`alter function ${stage(from)}() rename to ${ident(to)}`)
      }
  // The one calls the other by name.
  const way = await readWayOfCounting(session)
  for (const { oid } of counted)
    if (await hasRoutine(session, `used_${oid}`)) await session.script(createTelltale(oid, way).join(';\n'))
}

async function hasRoutine(session: Session, name: string): Promise<boolean> {
  const { there } = await session.one<{ there: boolean }>(
    `select exists (select from pg_proc where pronamespace = to_regnamespace($1) and proname = $2) as there`,
    [stageSchema, name],
  )
  return there
}

/** How changes of structure were met is the comment of a function. */
export async function mendWatch(session: Session, mode: string): Promise<void> {
  const { there } = await session.one<{ there: boolean }>(
    `select to_regprocedure('${stageSchema}.note_changes()') is not null and exists (select from pg_event_trigger where evtname like 'migrate_notes_%') as there`,
  )
  if (there && (await readStructureWatch(session)) === null)
    await session.script(`comment on function ${ident(stageSchema)}.note_changes() is ${literal(mode)}`)
}
