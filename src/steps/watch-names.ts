import { qualified } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { TransactionAction } from './action.ts'
import type { StepContext, StepKind } from './kind.ts'
import { newName, oldName } from './names.ts'
import { createTelltale, dropTelltale } from './telltale.ts'
import { replaceView } from './view.ts'

type Config = { readonly database: string; readonly service: string; readonly relations: readonly number[] }

/**
 * Makes the views under the old names count their uses, so that contract rests on evidence. The count is kept by the
 * server's function statistics (manual, chapter 28.2: track_functions); it costs some microseconds a statement, and
 * for inserts and updates as much again a row.
 */
export const watchNames: StepKind<Config> = {
  kind: 'watch-names',
  traits: { lock: 'ACCESS EXCLUSIVE' },
  summary: ({ service, relations }, context) =>
    `${leftOut(context)}count the uses of ${relations.length === 1 ? '1 old name' : `${relations.length} old names`} of ${service}`,
  undoSummary: () => 'stop counting',
  observe({ relations }, context) {
    if (!counts(context)) return 'unknown'
    const countable = relations.map((relation) => context.table(relation)).filter(isCountable)
    const watched = countable.filter(({ location }) => location.stand === 'switched' && location.isWatched)
    if (watched.length === countable.length) return 'present'
    return watched.length > 0 ? 'partial' : 'absent'
  },
  actions: (config, context) =>
    config.relations
      .map((relation) => context.table(relation))
      .filter((table) => counts(context) && isCountable(table) && !table.location.isWatched)
      .map((table) => watch(config, table, context)),
  undo: (config, context) =>
    config.relations
      .map((relation) => context.table(relation))
      .filter(({ location }) => location.stand === 'switched' && location.isWatched)
      .map((table) => unwatch(config, table)),
}

/** Only a view can count. One without columns is not updatable, and a check option wants one that is. */
export function isCountable({ columns, compat, location }: TableFacts): boolean {
  return columns.length > 0 && (compat === 'view' || compat === 'late') && location.stand !== 'contracted'
}

/** Functions are tracked only where the runner may turn that on, or the server does it for everyone. */
export function counts({ facts, plan }: StepContext): boolean {
  return facts.wayOfCounting !== null && plan.defaults.countUses
}

function leftOut({ facts, plan }: StepContext): string {
  if (!plan.defaults.countUses) return '(left out, as countUses is false) '
  return facts.wayOfCounting === null ? '(left out, as the runner may not set track_functions) ' : ''
}

/** A check option makes inserts call the telltale too, which evaluate no condition otherwise. */
export function watchStatements(table: TableFacts, { facts }: StepContext): string[] {
  return [
    ...createTelltale(table.relation, facts.wayOfCounting),
    replaceView(oldName(table), newName(table), table, true),
  ]
}

function watch(config: Config, table: TableFacts, context: StepContext): TransactionAction {
  return action(
    config,
    table,
    `count the uses of ${qualified(oldName(table))}`,
    watchStatements(table, context),
  )
}

function unwatch(config: Config, table: TableFacts): TransactionAction {
  return action(config, table, `stop counting the uses of ${qualified(oldName(table))}`, [
    replaceView(oldName(table), newName(table), table, false),
    ...dropTelltale(table.relation),
  ])
}

function action(
  config: Config,
  table: TableFacts,
  sentence: string,
  statements: readonly string[],
): TransactionAction {
  return {
    id: `watch-${table.relation}`,
    policy: 'transaction',
    sentence,
    database: config.database,
    lock: 'ACCESS EXCLUSIVE',
    lockedRelations: [oldName(table)],
    lockFirst: [],
    statements,
    again: 'the view is replaced by the same view',
  }
}
