import { readBodyMentions } from '../catalog/functions.ts'
import { readCopiedObjects, readCopiedRelations, type Known } from '../catalog/copied.ts'
import { stageSchema } from '../catalog/names.ts'
import { readMarkedRoutines, readMarkedSchemas, readMarkedViews } from '../catalog/own-things.ts'
import { structureTriggers } from '../catalog/structure-watch.ts'
import { ident, literal } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { keptSchema } from '../plan/names.ts'
import { Clearing } from './clearing.ts'
import { forgetAsides, forgetTable } from './forget-table.ts'
import { everythingNamed } from './forget-names.ts'
import type { Workspace } from './workspace.ts'

export interface Forgotten {
  readonly removed: readonly string[]
  /** What could not be removed, or is not the tool’s to change, with the statement that does it. */
  readonly left: readonly { readonly what: string; readonly sql: string }[]
}

/**
 * Removes everything that the tool has made, whatever the journal says or without one: what stands in for tables and
 * functions at their other names, and all of its own schemas. Tables stay where they are, with their rows and sequences.
 */
export async function forget(workspace: Workspace, isRehearsal: boolean): Promise<Forgotten> {
  const { session } = workspace
  await session.script('begin read write')
  try {
    const clearing = new Clearing(session)
    const { tables, objects, told } = await everythingNamed(workspace)
    // One after the other: a view may be known by its mark and from the journal.
    for (const table of tables)
      for (const found of await readCopiedRelations(session, [table])) await forgetTable(clearing, found)
    await forgetAsides(clearing)
    const wrappers = (await readCopiedObjects(session, objects)).flatMap(({ wrapper }) => wrapper ?? [])
    for (const wrapper of new Set(wrappers)) await dropRoutine(clearing, wrapper)
    for (const name of await readMarkedRoutines(session))
      await clearing.remove(`wrapper ${name}`, [`drop routine ${name} restrict`])
    for (const { name } of await readMarkedViews(session))
      await clearing.remove(`view ${name}`, [`drop view ${name} restrict`])
    await dropOwnSchemas(clearing)
    clearing.left.push(...told)
    await tellMentions(clearing, tables)
    await session.script(isRehearsal ? 'rollback' : 'commit')
    return clearing
  } catch (error) {
    await session.script('rollback').catch(() => undefined)
    throw error
  }
}

async function dropRoutine(clearing: Clearing, oid: number): Promise<void> {
  const { name } = await clearing.session.one<{ name: string }>(
    `select $1::oid::regprocedure::text as name`,
    [oid],
  )
  await clearing.remove(`wrapper ${name}`, [`drop routine ${name} restrict`])
}

/** Event triggers, counters, what a restore has kept, and marks on schemas that stay. */
async function dropOwnSchemas(clearing: Clearing): Promise<void> {
  const { session } = clearing
  const triggers = await session.query<{ name: string }>(
    'select evtname as name from pg_event_trigger where evtname = any($1::text[])',
    [Object.values(structureTriggers)],
  )
  for (const { name } of triggers)
    await clearing.remove(`event trigger ${name}`, [`drop event trigger ${ident(name)}`])
  for (const name of await routinesOf(session, stageSchema, '^(used|counted)_[0-9]+$|^note_(changes|drops)$'))
    await clearing.remove(`function ${name}`, [`drop function ${name} restrict`])
  if (await exists(session, keptSchema))
    await clearing.remove(`schema ${keptSchema}, with the rows that restores had changed`, [
      `drop schema ${ident(keptSchema)} cascade`,
    ])
  for (const { name, objects } of await readMarkedSchemas(session))
    await clearing.remove(
      objects === 0 ? `schema ${ident(name)}, which is empty` : `the mark on schema ${ident(name)}`,
      [objects === 0 ? `drop schema ${ident(name)} restrict` : `comment on schema ${ident(name)} is null`],
    )
  // Without its mark, as a dump without comments leaves it.
  if (await exists(session, stageSchema))
    await clearing.remove(`schema ${stageSchema}`, [`drop schema ${ident(stageSchema)} restrict`])
}

async function routinesOf(session: Session, schema: string, pattern: string): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select p.oid::regprocedure::text as name from pg_proc p where p.pronamespace = to_regnamespace($1) and p.proname ~ $2
      order by p.proname desc`,
    [schema, pattern],
  )
  return rows.map(({ name }) => name)
}

async function exists(session: Session, schema: string): Promise<boolean> {
  const { there } = await session.one<{ there: boolean }>('select to_regnamespace($1) is not null as there', [
    schema,
  ])
  return there
}

/** Functions that go on naming what is at its new name alone now. */
async function tellMentions(clearing: Clearing, tables: readonly Known[]): Promise<void> {
  const { session } = clearing
  const gone = await session.query<Known & { oid: number }>(
    `select k.*, k.relation as oid from jsonb_to_recordset($1::jsonb) k (relation oid, name text, source text, target text)
      where to_regclass(format('%I.%I', k.source, k.name)) is null and to_regclass(format('%I.%I', k.target, k.name)) is not null`,
    [JSON.stringify(tables)],
  )
  for (const source of new Set(gone.map((it) => it.source))) {
    const mentions = await readBodyMentions(
      session,
      gone.filter((it) => it.source === source),
      source,
    )
    for (const signature of new Set(
      mentions.filter(({ isQualified }) => isQualified).map((it) => it.signature),
    ))
      clearing.left.push({
        what: `function ${signature} names a table of schema ${ident(source)} that is at its new name alone now`,
        sql: `select pg_get_functiondef(oid) from pg_proc where oid::regprocedure::text = ${literal(signature)}`,
      })
  }
}
