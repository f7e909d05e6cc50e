import { ident, qualified } from '../pg/quoting.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { TransactionAction } from './action.ts'
import { createCasts, dropCasts } from './casts.ts'
import { refreshComments } from './comments.ts'
import type { StepContext, StepData, StepKind } from './kind.ts'
import { newName, oldName } from './names.ts'
import { settlePrivileges, tableStandIn } from './privileges.ts'
import { createView, refreshView } from './view.ts'

type Config = { readonly database: string; readonly relation: number; readonly roles: readonly string[] }

/**
 * Makes the new name usable while the table still has its old one: a facade view over the table, with the same
 * columns, owner, defaults and privileges. It later changes places with the table.
 */
export const expandTable: StepKind<Config> = {
  kind: 'expand-table',
  traits: { lock: 'ACCESS SHARE' },
  summary: ({ relation }, context) => {
    const table = context.table(relation)
    return `facade view ${qualified(newName(table))} over ${qualified(oldName(table))}`
  },
  undoSummary: ({ relation }, context) => `drop view ${qualified(newName(context.table(relation)))}`,
  observe({ relation }, context) {
    const { location } = context.table(relation)
    switch (location.stand) {
      case 'plain':
        return 'absent'
      case 'expanded':
        return location.differences.length === 0 && !location.commentsDiffer ? 'present' : 'partial'
      case 'switched':
      case 'contracted':
        return 'present'
      default:
        return 'unknown'
    }
  },
  record: (config, context) => ({ grants: missingGrants(config, context) }),
  actions(config, context) {
    const table = context.table(config.relation)
    const statements = table.location.stand === 'expanded' ? refresh(table, context) : create(config, context)
    return [transaction(config, table, `create the facade view ${qualified(newName(table))}`, statements)]
  },
  undo(config, context, record) {
    const table = context.table(config.relation)
    const statements = [
      ...settled(table, context, true),
      ...dropCasts(table, qualified(newName(table)), qualified(oldName(table))),
      `drop view if exists ${qualified(newName(table))} restrict`,
      ...((record['grants'] ?? []) as unknown as RoleGrant[]).map(
        ({ privilege, on, to }) => `revoke ${privilege} on ${on} from ${ident(to)}`,
      ),
    ]
    return [transaction(config, table, `drop the facade view ${qualified(newName(table))}`, statements)]
  },
}

function create(config: Config, context: StepContext): string[] {
  const table = context.table(config.relation)
  const { server, defaultPrivileges } = context.facts
  const view = createView(newName(table), oldName(table), table, context.plan.name, {
    runner: server.user,
    mayHaveExtra:
      defaultPrivileges.some(({ creator, objects }) => creator === server.user && objects === 'TABLES') ||
      config.roles.length > 0,
  })
  const extra = missingGrants(config, context) as unknown as RoleGrant[]
  const onView = extra.filter(({ on }) => on === qualified(oldName(table)))
  return [
    ...view,
    ...extra.map(({ privilege, on, to }) => `grant ${privilege} on ${on} to ${ident(to)}`),
    ...onView.map(
      ({ privilege, to }) => `grant ${privilege} on ${qualified(newName(table))} to ${ident(to)}`,
    ),
    ...createCasts(table, qualified(newName(table)), qualified(oldName(table))),
    ...settled(table, context),
  ]
}

/** The facade is made the table's equal again, whatever of the table was changed. */
function refresh(table: TableFacts, context: StepContext): string[] {
  const view = newName(table)
  return [
    ...refreshView(view, oldName(table), table),
    ...settled(table, context),
    ...refreshComments([table], context.plan.name),
  ]
}

/** The facade has the table’s privileges, and the table what was granted or revoked by the facade’s name. */
function settled(table: TableFacts, { plan }: StepContext, isLast = false): readonly string[] {
  return settlePrivileges(plan.name, [tableStandIn(table, newName(table))], isLast)
}

type RoleGrant = { readonly privilege: string; readonly on: string; readonly to: string }

/** What the plan's roles do not have yet on the table and on the sequences of its columns. */
function missingGrants({ relation, roles }: Config, context: StepContext): StepData[] {
  const table = context.table(relation)
  return roles
    .filter((role) => role !== table.live.owner)
    .flatMap((to): RoleGrant[] => {
      const has = (privilege: string): boolean =>
        table.grants.some(
          (grant) => grant.grantee === to && grant.column === null && grant.privilege === privilege,
        )
      const onTable = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].filter((privilege) => !has(privilege))
      return [
        ...onTable.map((privilege) => ({
          privilege: privilege.toLowerCase(),
          on: qualified(oldName(table)),
          to,
        })),
        ...table.sequences
          .filter(({ kind, usableBy }) => kind === 'owned' && !usableBy.includes(to))
          .map((sequence) => ({ privilege: 'usage', on: `sequence ${qualified(sequence)}`, to })),
      ]
    })
}

function transaction(
  config: Config,
  table: TableFacts,
  sentence: string,
  statements: readonly string[],
): TransactionAction {
  return {
    id: `facade-${config.relation}`,
    policy: 'transaction',
    sentence,
    database: config.database,
    lock: 'ACCESS SHARE',
    lockedRelations: [oldName(table)],
    lockFirst: [],
    statements,
    again:
      'the catalog tells whether the view is there; it is made or dropped in one transaction with its journal row',
  }
}
