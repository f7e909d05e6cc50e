import { stageSchema } from '../catalog/names.ts'
import { ident, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { TransactionAction } from './action.ts'
import { driftGuard } from './drift-guard.ts'
import { referencingFirst } from './lock-order.ts'
import type { StepContext, StepKind } from './kind.ts'
import { newName, oldName } from './names.ts'
import { refreshView } from './view.ts'

type Config = {
  readonly database: string
  readonly service: string
  readonly relations: readonly number[]
  readonly part: number
  readonly parts: number
}
type Direction = 'forward' | 'back'

/** Tables and their facade views change places, all in one short transaction; the mirror image undoes it. */
export const switchTables: StepKind<Config> = {
  kind: 'switch-tables',
  traits: { lock: 'ACCESS EXCLUSIVE', reversible: 'until contract' },
  summary: ({ relations, service, part, parts }, context) =>
    `swap ${list(relations, context)} of ${service} with ${relations.length === 1 ? 'its facade' : 'their facades'}${parts > 1 ? ` (${part} of ${parts})` : ''}`,
  undoSummary: ({ relations }, context) =>
    `swap ${list(relations, context)} back, with what was written meanwhile`,
  observe({ relations }, context) {
    const stands = relations.map((relation) => context.table(relation).location.stand)
    if (stands.every((stand) => stand === 'switched' || stand === 'contracted')) {
      return relations.every((relation) => isCurrent(context.table(relation))) ? 'present' : 'partial'
    }
    return stands.every((stand) => stand === 'expanded' || stand === 'plain') ? 'absent' : 'unknown'
  },
  record: ({ relations }, context) => ({
    publications: relations.flatMap((relation) =>
      published(context.table(relation), context).map((name) => ({ relation, name })),
    ),
  }),
  actions: (config, context) => {
    const stale = config.relations
      .map((relation) => context.table(relation))
      .filter((table) => !isCurrent(table) && table.location.stand === 'switched')
    return stale.length > 0 ? [refreshOldNames(config, stale)] : [swap(config, context, 'forward')]
  },
  settle(config, context) {
    const tables = config.relations.map((relation) => context.table(relation))
    const { relief: detached } = relief(tables)
    return detached === undefined ? [] : [settled(config, tables, detached.restore)]
  },
  undo: (config, context, record) => [
    swap(
      config,
      context,
      'back',
      new Map(
        ((record['publications'] ?? []) as { relation: number; name: string }[]).map((p) => [
          p.relation,
          p.name,
        ]),
      ),
    ),
  ],
}

function isCurrent({ location }: TableFacts): boolean {
  return location.stand === 'contracted' || location.sameColumns
}

function list(relations: readonly number[], context: StepContext): string {
  const names = relations.map((relation) => context.table(relation).name)
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}

/** A swap that was given up after its sequences had been detached. */
function settled(
  config: Config,
  tables: readonly TableFacts[],
  statements: readonly string[],
): TransactionAction {
  return {
    id: `settle-${config.service}-${config.part}`,
    policy: 'transaction',
    sentence: 'give the sequences back to their tables',
    database: config.database,
    lock: 'ACCESS SHARE',
    lockedRelations: tables.map(oldName),
    lockFirst: [],
    statements,
    again: 'a sequence that belongs to its column stays so',
  }
}

/** Columns were added to a table after its switch: its old name gets them too. */
function refreshOldNames(config: Config, tables: readonly TableFacts[]): TransactionAction {
  return {
    id: `refresh-${config.service}-${config.part}`,
    policy: 'transaction',
    sentence: 'give the old names the columns that their tables have got since',
    database: config.database,
    lock: 'ACCESS EXCLUSIVE',
    lockedRelations: tables.map(oldName),
    lockFirst: [],
    statements: tables.flatMap((table) => refreshView(oldName(table), newName(table), table)),
    again: 'the view is replaced by the same view',
  }
}

function swap(
  config: Config,
  context: StepContext,
  direction: Direction,
  dropFrom = new Map<number, string>(),
): TransactionAction {
  const tables = config.relations.map((relation) => context.table(relation))
  const [from, to] = direction === 'forward' ? [oldName, newName] : [newName, oldName]
  return {
    id: `switch-${config.service}-${config.part}`,
    policy: 'transaction',
    sentence: direction === 'forward' ? 'swap tables and facade views' : 'swap tables and views back',
    database: config.database,
    lock: 'ACCESS EXCLUSIVE',
    lockedRelations: tables.flatMap((table) => [oldName(table), newName(table)]),
    // The view is locked before the table, as its users lock them; the other order deadlocks with them.
    lockFirst: referencingFirst(tables, context.facts.foreignKeys).map(to),
    statements: [
      driftGuard(tables.map((table) => ({ table: from(table), view: to(table), relation: table.relation }))),
      ...touchRoutines(tables),
      ...tables.flatMap((table) => swapOne(table, from(table), to(table))),
      ...publications(tables, context, direction, dropFrom),
    ],
    ...relief(tables),
    again:
      'the catalog tells which of the two is the table; they change places in one transaction with the journal row',
  }
}

function swapOne(table: TableFacts, from: QualifiedName, to: QualifiedName): string[] {
  const stage: QualifiedName = { schema: stageSchema, name: table.name }
  const owned = ownedSequences(table)
  return [
    ...owned.map((sequence) => `alter sequence ${qualified(sequence)} owned by none`),
    `alter view ${qualified(to)} set schema ${ident(stageSchema)}`,
    `alter table ${qualified(from)} set schema ${ident(to.schema)}`,
    `alter view ${qualified(stage)} set schema ${ident(from.schema)}`,
    // A view's column may own the sequence: pg_get_serial_sequence() by the old name goes on answering.
    ...owned.map(
      (sequence) =>
        `alter sequence ${qualified(sequence)} owned by ${qualified(oldName(table))}.${ident(sequence.column)}`,
    ),
  ]
}

/** Sequences of serial columns; those of identity columns cannot be detached and move with their table. */
export function ownedSequences(table: TableFacts): readonly (QualifiedName & { readonly column: string })[] {
  return table.sequences
    .filter(({ kind }) => kind === 'owned')
    .map(({ name, column }) => ({ schema: table.source, name, column }))
}

/**
 * A plpgsql function keeps the row type it was compiled with for the life of a session; any change of its pg_proc
 * row makes it compile again.
 */
function touchRoutines(tables: readonly TableFacts[]): string[] {
  const touched = tables
    .flatMap(({ mentions }) => mentions)
    .filter(({ language, isMine }) => language === 'plpgsql' && isMine)
  const unique = new Map(touched.map((routine) => [routine.oid, routine]))
  return [...unique.values()].map(
    ({ signature, securityDefiner }) =>
      `alter routine ${signature} security ${securityDefiner ? 'definer' : 'invoker'}`,
  )
}

/** A publication FOR TABLES IN SCHEMA would silently lose a table that leaves the schema. */
function published({ source, live }: TableFacts, { facts }: StepContext): string[] {
  if (live.isPartition) return []
  return facts.replication.publications
    .filter(({ how, schema }) => how === 'schema' && schema === source)
    .map(({ name }) => name)
}

function publications(
  tables: readonly TableFacts[],
  context: StepContext,
  direction: Direction,
  dropFrom: ReadonlyMap<number, string>,
): string[] {
  return tables.flatMap((table) => {
    if (direction === 'forward')
      return published(table, context).map(
        (name) => `alter publication ${ident(name)} add table ${qualified(newName(table))}`,
      )
    const name = dropFrom.get(table.relation)
    return name === undefined
      ? []
      : [`alter publication ${ident(name)} drop table ${qualified(oldName(table))}`]
  })
}

/**
 * nextval() locks a sequence until its transaction ends. A client that takes its key first and inserts later
 * (Hibernate does) therefore deadlocks with the swap every time; detaching the sequences just before avoids it.
 */
function relief(tables: readonly TableFacts[]): Pick<TransactionAction, 'relief'> {
  const owned = tables.flatMap((table) =>
    ownedSequences(table).map((sequence) => ({ sequence, owner: oldName(table) })),
  )
  if (owned.length === 0) return {}
  return {
    relief: {
      sentence: 'detach the sequences just before the swap',
      before: owned.map(({ sequence }) => `alter sequence ${qualified(sequence)} owned by none`),
      restore: owned.map(
        ({ sequence, owner }) =>
          `alter sequence ${qualified(sequence)} owned by ${qualified(owner)}.${ident(sequence.column)}`,
      ),
    },
  }
}
