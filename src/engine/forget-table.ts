import type { CopiedRelation } from '../catalog/copied.ts'
import { markPrefix } from '../catalog/names.ts'
import { readAsides, readCastsBetween, readSequencesOf } from '../catalog/own-things.ts'
import { ident, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import type { Clearing } from './clearing.ts'
import { mirrorOf } from './mirror.ts'

/** Removes what stands in for a table, once it is sure that it does; the table gets its sequences. */
export async function forgetTable(clearing: Clearing, table: CopiedRelation): Promise<void> {
  const { session } = clearing
  if (table.oid === null) return
  if (table.aside !== null) await dropView(clearing, table.oid, table.aside)
  if (table.other === null) return
  const { other, otherKind, otherMark } = table
  if (otherKind === 'p') return dropShell(clearing, table.oid, other)
  if (otherKind !== 'v') return
  const { isMirror, name } = await mirrorOf(session, other, table.oid, table.telltale)
  if (isMirror || otherMark?.startsWith(markPrefix) === true) await dropView(clearing, table.oid, other)
  else
    clearing.left.push({
      what: `view ${name} reads the table of its name, but is not as pg-relocate makes it`,
      sql: `drop view ${name}`,
    })
}

/** Facades that wait in the staging schema; their names are made of OIDs, which are others in a copy. */
export async function forgetAsides(clearing: Clearing): Promise<void> {
  for (const { view, table } of await readAsides(clearing.session)) {
    const { isMirror } = await mirrorOf(clearing.session, view, table, null)
    if (isMirror) await dropView(clearing, table, view)
  }
}

async function dropView(clearing: Clearing, table: number, view: number): Promise<void> {
  const name = qualified(await nameOf(clearing.session, view))
  const casts = await readCastsBetween(clearing.session, table, view)
  await clearing.remove(`view ${name}`, [
    ...(await bringSequences(clearing.session, view, table)),
    ...casts.map((cast) => `drop cast (${cast})`),
    `drop view ${name} restrict`,
  ])
}

/** Only one whose sole partition is the table; dropping it would drop the rows of any other. */
async function dropShell(clearing: Clearing, table: number, shell: number): Promise<void> {
  const { session } = clearing
  const [own, name] = [qualified(await nameOf(session, table)), qualified(await nameOf(session, shell))]
  const { count } = await session.one<{ count: number }>(
    'select count(*)::int as count from pg_inherits where inhparent = $1',
    [shell],
  )
  const statements = [
    ...(await bringSequences(session, shell, table)),
    `alter table ${name} detach partition ${own}`,
    `drop table ${name} restrict`,
  ]
  if (count === 1) await clearing.remove(`partitioned table ${name} around ${own}`, statements)
  else
    clearing.left.push({
      what: `partitioned table ${name} has ${count - 1} partitions beside ${own}`,
      sql: statements.join('; '),
    })
}

/** A sequence belongs to what stands in for its table; it goes to the table and into its schema. */
async function bringSequences(session: Session, from: number, table: number): Promise<string[]> {
  const home = await nameOf(session, table)
  return (await readSequencesOf(session, from)).flatMap(({ schema, name, column }) => [
    `alter sequence ${qualified({ schema, name })} owned by none`,
    ...(schema === home.schema
      ? []
      : [`alter sequence ${qualified({ schema, name })} set schema ${ident(home.schema)}`]),
    `alter sequence ${qualified({ schema: home.schema, name })} owned by ${qualified(home)}.${ident(column)}`,
  ])
}

async function nameOf(session: Session, oid: number): Promise<QualifiedName> {
  return session.one<QualifiedName>(
    'select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = $1',
    [oid],
  )
}
