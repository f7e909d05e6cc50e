import { readCopiedObjects, readCopiedRelations, type Known } from '../catalog/copied.ts'
import { journalSchema, stageSchema } from '../catalog/names.ts'
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

/** Functions whose text goes on naming what is at its new name alone now. */
async function tellMentions({ session, left }: Clearing, tables: readonly Known[]): Promise<void> {
  const found = await session.query<{ signature: string; name: string }>(
    `select p.oid::regprocedure::text as signature, min(format('%I.%I', k.source, k.name)) as name
       from jsonb_to_recordset($1::jsonb) k (name text, source text, target text)
       join pg_proc p on p.prosqlbody is null and p.prosrc ~* format('\\m%s"?\\s*\\.\\s*"?%s\\M', ${escaped('k.source')}, ${escaped('k.name')})
       join pg_language l on l.oid = p.prolang and l.lanname in ('sql', 'plpgsql')
       join pg_namespace n on n.oid = p.pronamespace and n.nspname not in ('pg_catalog', 'information_schema', $2, $3)
      where to_regclass(format('%I.%I', k.source, k.name)) is null and to_regclass(format('%I.%I', k.target, k.name)) is not null
      group by p.oid order by 1`,
    [JSON.stringify(tables), journalSchema, stageSchema],
  )
  for (const { signature, name } of found)
    left.push({
      what: `function ${signature} names ${name}, which is at its new name alone now`,
      sql: `select pg_get_functiondef(${literal(signature)}::regprocedure)`,
    })
}

function escaped(name: string): string {
  return `regexp_replace(${name}, '([][().*+?|^$\\\\{}-])', '\\\\\\1', 'g')`
}
