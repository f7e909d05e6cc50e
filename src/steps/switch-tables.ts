import { linesOf } from '../canary/lines.ts'
import { pathFor } from '../canary/path.ts'
import { isView } from '../catalog/relations.ts'
import { ident, qualified, type QualifiedName } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import { withoutLocks, type TransactionAction } from './action.ts'
import { eachRoutine } from './by-oid.ts'
import { refreshComments } from './comments.ts'
import { driftGuard } from './drift-guard.ts'
import type { StepContext, StepData, StepKind } from './kind.ts'
import { referencingFirst } from './lock-order.ts'
import { newName, oldName } from './names.ts'
import { oldNameOf } from './policies.ts'
import { settleTables } from './privileges.ts'
import { publish, published, unpublish } from './publications.ts'
import { relief } from './sequences.ts'
import { moveStatistics } from './statistics.ts'
import { refreshView } from './view.ts'

type Config = {
  readonly database: string
  readonly service: string
  readonly relations: readonly number[]
  readonly part: number
  readonly parts: number
}

/** Tables go to their new names, all in one short transaction; the mirror image undoes it. */
export const switchTables: StepKind<Config> = {
  kind: 'switch-tables',
  traits: { lock: 'ACCESS EXCLUSIVE' },
  summary: ({ relations, service, part, parts }, context) =>
    `swap ${list(relations, context)} of ${service} with ${relations.length === 1 ? 'its facade' : 'their facades'}${parts > 1 ? ` (${part} of ${parts})` : ''}`,
  undoSummary: ({ relations }, context) =>
    `swap ${list(relations, context)} back, with what was written meanwhile`,
  observe({ relations }, context) {
    const tables = relations.map((relation) => context.table(relation))
    const moved = tables.filter(isMoved)
    if (moved.length === tables.length)
      return tables.every((table) => isCurrent(table) && !table.location.commentsDiffer)
        ? 'present'
        : 'partial'
    if (tables.some(({ location }) => location.stand === 'foreign' || location.stand === 'missing'))
      return 'unknown'
    // A batch moves in one transaction; some of it can only be left behind if it came later.
    return moved.some(({ isAdopted }) => !isAdopted) ? 'partial' : 'absent'
  },
  record: ({ relations }, context) => ({
    publications: relations.flatMap((relation) =>
      published(context.table(relation), context).map((name) => ({ relation, name })),
    ),
  }),
  actions: (config, context) => {
    const tables = tablesOf(config, context)
    const stale = tables.filter((table) => !isCurrent(table) && table.location.stand === 'switched')
    const staying = tables.filter((table) => !isMoved(table))
    const commented = tables.filter((table) => isMoved(table) && table.location.commentsDiffer)
    return [
      ...(stale.length > 0 ? [refreshOldNames(config, stale)] : []),
      ...(commented.length > 0 ? [copyComments(config, commented, context)] : []),
      ...(staying.length > 0 ? [forward(config, staying, context)] : []),
    ]
  },
  settle(config, context) {
    const tables = tablesOf(config, context)
    const { relief: detached } = relief(tables)
    return detached === undefined ? [] : [settled(config, tables, detached.restore)]
  },
  undo: (config, context, record) => [back(config, context, record)],
}

function forward(config: Config, tables: readonly TableFacts[], context: StepContext): TransactionAction {
  return {
    ...base(config, 'swap tables and facade views', tables),
    // The view is locked before the table, as its users lock them; the other order deadlocks with them.
    ...locks(tables, context, newName, oldName),
    statements: [
      ...settleTables(context.plan.name, tables, newName),
      driftGuard(
        tables.map((table) => ({ table: oldName(table), view: newName(table), relation: table.relation })),
        'forward',
      ),
      ...touchRoutines(tables),
      ...refreshComments(tables, context.plan.name),
      ...tables.flatMap((table) => oldNameOf(table).forward(table)),
      ...settleTables(
        context.plan.name,
        tables.filter(({ compat }) => compat === 'shell'),
        oldName,
      ),
      ...tables.flatMap((table) => moveStatistics(table, table.source, table.target)),
      ...tables.flatMap((table) => publish(table, context)),
    ],
    ...relief(tables),
    canary: { service: config.service, lines: linesOf(tables, { across: true }), path: pathFor(tables) },
  }
}

function back(config: Config, context: StepContext, record: StepData): TransactionAction {
  const all = tablesOf(config, context).filter(isMoved)
  // A partition that was made at its new name has never had anything at the old one.
  const [bare, tables] = [all.filter(isBare), all.filter((table) => !isBare(table))]
  const added = (record['publications'] ?? []) as { relation: number; name: string }[]
  return {
    ...base(config, 'swap tables and views back', all),
    ...locks(tables, context, (table) => oldNameOf(table).lockBack(table), newName),
    statements: [
      ...settleTables(
        context.plan.name,
        tables.filter(({ location }) => location.shell !== null),
        oldName,
        true,
      ),
      ...settleTables(context.plan.name, tables, (table) => oldNameOf(table).other(table)),
      driftGuard(
        tables.map((table) => ({
          table: newName(table),
          view: oldNameOf(table).other(table),
          relation: table.relation,
        })),
        'back',
      ),
      ...touchRoutines(tables),
      ...refreshComments(tables, context.plan.name),
      ...tables.flatMap((table) => oldNameOf(table).back(table)),
      ...bare.map((table) => `alter table ${qualified(newName(table))} set schema ${ident(table.source)}`),
      ...tables.flatMap((table) => moveStatistics(table, table.target, table.source)),
      ...added.map(({ relation, name }) => unpublish(context.table(relation), name)),
    ],
    ...relief(tables),
  }
}

/** A table is locked through the view in front of it; a view that moves is locked after that one, and alone. */
function locks(
  tables: readonly TableFacts[],
  context: StepContext,
  front: (table: TableFacts) => QualifiedName,
  own: (table: TableFacts) => QualifiedName,
): Pick<TransactionAction, 'lockFirst' | 'locksAlone'> {
  if (tables.some(({ live }) => isView(live)))
    return { lockFirst: tables.flatMap((table) => [front(table), own(table)]), locksAlone: true }
  return { lockFirst: referencingFirst(tables, context.facts.foreignKeys).map(front) }
}

function base(config: Config, sentence: string, tables: readonly TableFacts[]) {
  return {
    id: `switch-${config.service}-${config.part}`,
    policy: 'transaction',
    sentence,
    database: config.database,
    lock: 'ACCESS EXCLUSIVE',
    lockedRelations: tables.flatMap((table) => [oldName(table), newName(table)]),
    again:
      'the catalog tells which of the two is the table; they change places in one transaction with the journal row',
  } as const
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

/** Columns or defaults were changed on a table after its switch: its old name gets them too. */
function refreshOldNames(config: Config, tables: readonly TableFacts[]): TransactionAction {
  const views = tables.map((table) => ({ table, view: oldNameOf(table).other(table) }))
  return {
    id: `refresh-${config.service}-${config.part}`,
    policy: 'transaction',
    sentence: 'give the old names the columns and defaults that their tables have got since',
    database: config.database,
    lock: 'ACCESS EXCLUSIVE',
    lockedRelations: views.map(({ view }) => view),
    lockFirst: [],
    statements: views.flatMap(({ table, view }) => refreshView(view, newName(table), table)),
    again: 'the view is replaced by the same view',
  }
}

/** Comments were changed on a table after its switch. */
function copyComments(
  config: Config,
  tables: readonly TableFacts[],
  context: StepContext,
): TransactionAction {
  return withoutLocks({
    id: `comments-${config.service}-${config.part}`,
    sentence: 'give the old names the comments that their tables have got since',
    database: config.database,
    statements: refreshComments(tables, context.plan.name),
    again: 'the same comments are written again',
  })
}

/**
 * A plpgsql function keeps the row type it was compiled with for the life of a session; any change of its pg_proc
 * row makes it compile again.
 */
function touchRoutines(tables: readonly TableFacts[]): string[] {
  const touched = tables
    .flatMap(({ mentions }) => mentions)
    .filter(({ language, isMine }) => language === 'plpgsql' && isMine)
  return (['definer', 'invoker'] as const).flatMap((security) => {
    const oids = touched.filter(({ securityDefiner }) => securityDefiner === (security === 'definer'))
    const unique = [...new Set(oids.map(({ oid }) => oid))]
    return unique.length === 0 ? [] : [eachRoutine(unique, `alter routine %s security ${security}`)]
  })
}

function tablesOf({ relations }: Config, context: StepContext): TableFacts[] {
  return relations.map((relation) => context.table(relation))
}

function isMoved({ location }: TableFacts): boolean {
  return location.stand === 'switched' || location.stand === 'contracted'
}

function isBare({ isAdopted, location }: TableFacts): boolean {
  return isAdopted && location.stand === 'contracted'
}

function isCurrent({ location }: TableFacts): boolean {
  return (
    location.stand === 'contracted' ||
    !location.differences.some((it) => it === 'columns' || (it === 'defaults' && location.view !== null))
  )
}

function list(relations: readonly number[], context: StepContext): string {
  const names = relations.map((relation) => context.table(relation).name)
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
