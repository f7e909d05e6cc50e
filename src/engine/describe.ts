import type { Action } from '../steps/action.ts'
import type { ReplacedText } from '../steps/kind.ts'
import { stepKind } from '../steps/registry.ts'
import { recordedOf, statementsOf, type PlanStatements } from '../statements/of-plan.ts'
import type { StatementFile } from '../statements/file.ts'
import { readPrivilegeChanges } from '../journal/privileges.ts'
import type { Finding } from '../survey/finding.ts'
import { phaseRow, placedSteps } from './phases.ts'
import { planFindings } from './readiness.ts'
import { survey, type Workspace } from './workspace.ts'

export interface PlannedStep {
  readonly id: string
  readonly kind: string
  readonly summary: string
  readonly state: string
  readonly lock: string
  readonly blocks: string
  /** How long clients of the step’s tables may wait, ms: what is expected, and the most the plan allows. */
  readonly expectedStallMs: number
  readonly maximumStallMs: number
  readonly undo: string
  readonly destroys: string | null
  readonly actions: readonly Action[]
  readonly texts?: readonly ReplacedText[]
}

export interface PlannedPhase {
  readonly number: number
  readonly name: string
  readonly kind: string
  readonly state: string
  readonly services: readonly string[]
  readonly tables: number
  readonly steps: readonly PlannedStep[]
}

export interface PlanDescription {
  readonly plan: string
  readonly hash: string
  readonly database: string
  readonly phases: readonly PlannedPhase[]
  readonly crossServiceForeignKeys: readonly {
    name: string
    from: string
    to: string
    fromService: string | null
    toService: string | null
  }[]
  readonly unclaimedTables: readonly string[]
  readonly statements: PlanStatements
  readonly findings: readonly (Finding & { readonly phase: number })[]
  /** Granted, revoked or given away by one of two names; the next command that changes something carries it over. */
  readonly privileges: readonly string[]
}

/** What clients of a table cannot do while a lock of that mode is held (manual, chapter 13.3.1). */
const blocks: Record<string, string> = {
  none: 'nobody',
  'ACCESS SHARE': 'nobody but those who change the table’s definition',
  'ACCESS EXCLUSIVE': 'readers and writers of these tables',
}

/**
 * The plan compiled against the live catalogs: the same data that an execution would perform. Statements are those of
 * `file` if there is one, else those that the server has recorded.
 */
export async function describePlan(workspace: Workspace, file?: StatementFile): Promise<PlanDescription> {
  const now = await survey(workspace)
  const { plan, server, session } = workspace
  const service = new Map(now.facts.tables.map((table) => [table.relation, table.service]))
  const found = await planFindings(workspace, now)
  return {
    plan: plan.name,
    hash: plan.hash.slice(0, 12),
    database: `${server.database} on PostgreSQL ${server.version}`,
    phases: now.phases.map((phase) => ({
      number: phase.number,
      name: phase.name,
      kind: phase.kind,
      state: phaseRow(now, phase.number)?.state ?? 'pending',
      services: phase.services,
      tables: now.facts.tables.filter(
        (table) => phase.kind !== 'switch' || phase.services.includes(table.service),
      ).length,
      steps: placedSteps(now, phase).map(({ step, row }) => {
        const kind = stepKind(step.kind)
        const actions = kind.actions(step.config, now.context)
        const isExclusive = kind.traits.lock === 'ACCESS EXCLUSIVE'
        return {
          id: step.id,
          kind: step.kind,
          summary: kind.summary(step.config, now.context),
          state: row?.state ?? 'pending',
          lock: kind.traits.lock,
          blocks: blocks[kind.traits.lock] ?? '',
          expectedStallMs: isExclusive ? expectedStall(actions) : 0,
          maximumStallMs: isExclusive ? plan.defaults.stallBudgetMs : 0,
          undo: kind.undoSummary(step.config, now.context),
          destroys: kind.traits.destroys ?? null,
          actions,
          ...(kind.texts === undefined ? {} : { texts: kind.texts(step.config, now.context) }),
        }
      }),
    })),
    crossServiceForeignKeys: now.facts.foreignKeys
      .filter(({ from, to }) => service.get(from) !== service.get(to))
      .map(({ name, from, fromName, to, toName }) => ({
        name,
        from: fromName,
        to: toName,
        fromService: service.get(from) ?? null,
        toService: service.get(to) ?? null,
      })),
    unclaimedTables: now.facts.resolved.unclaimed.map(({ schema, name }) => `${schema}.${name}`),
    statements:
      file === undefined
        ? await recordedOf(session, plan, now.facts)
        : {
            ...(await statementsOf(session, plan, now.facts, file.statements)),
            origin: { kind: 'file', file: file.name },
          },
    findings: found.map(({ phase, finding }) => ({ phase, ...finding })),
    privileges:
      now.journal === undefined
        ? []
        : (await readPrivilegeChanges(session, plan.name, now.facts)).map(({ change }) => change),
  }
}

/** One to two milliseconds for each table, measured on 15 and 18, and as much again for the locks themselves. */
function expectedStall(actions: readonly Action[]): number {
  return Math.max(
    0,
    ...actions.map((action) =>
      action.policy === 'transaction' ? 3 + Math.max(1, action.lockFirst.length) * 2 : 0,
    ),
  )
}
