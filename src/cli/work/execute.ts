import { describePlan } from '../../engine/describe.ts'
import { execute, type PhaseOutcome } from '../../engine/execute.ts'
import { openWorkspace, type Workspace } from '../../engine/workspace.ts'
import type { Plan } from '../../plan/plan.ts'
import { confirmByName, confirmChange } from '../confirm.ts'
import type { CommandContext } from '../context.ts'
import { onlyOne, phaseNumber } from '../phases.ts'
import { renderPlan } from '../render/plan.ts'
import { seconds } from '../render/sentence.ts'

interface Options {
  readonly phase?: string
  readonly to?: string
  readonly all?: boolean
  readonly dryRun?: boolean
}

export async function work(context: CommandContext, options: Options): Promise<void> {
  const plan = await context.plan()
  const phases = chosen(plan, options)
  const workspace = await openWorkspace(plan, 'execute', context.events)
  try {
    if (options.dryRun === true) return await dryRun(context, workspace, phases)
    await confirm(context, plan, phases)
    const outcomes = await execute(
      workspace,
      { phases },
      {
        events: context.events,
        signal: context.signal,
        waitMs: context.waitMs(),
        activity: `execute phase ${phases.join(', ')}`,
      },
    )
    context.result(summary(plan, outcomes), { plan: plan.name, phases: outcomes })
  } finally {
    await workspace.session.close()
  }
}

function chosen(plan: Plan, options: Options): number[] {
  const which = onlyOne({ ...options }, ['phase', 'to', 'all'])
  const numbers = plan.phases.map(({ number }) => number)
  if (which === 'all') return numbers
  if (which === 'phase') return [phaseNumber(plan, options.phase!, '--phase')]
  const last = phaseNumber(plan, options.to!, '--to')
  return numbers.filter((number) => number <= last)
}

async function confirm(context: CommandContext, plan: Plan, phases: readonly number[]): Promise<void> {
  const names = plan.phases.filter(({ number }) => phases.includes(number))
  const list = names.map(({ number, name }) => `${number} "${name}"`).join(', ')
  if (names.some(({ kind }) => kind === 'contract')) {
    await confirmByName(
      context,
      `Phase ${list}: contract drops the old names, and whoever still uses one fails.`,
      plan.name,
    )
  } else await confirmChange(context, `Execute phase ${list}?`)
}

async function dryRun(
  context: CommandContext,
  workspace: Workspace,
  phases: readonly number[],
): Promise<void> {
  const description = await describePlan(workspace)
  const selected = {
    ...description,
    phases: description.phases
      .filter(({ number }) => phases.includes(number))
      .map((phase) => ({ ...phase, steps: phase.steps.filter(({ state }) => state !== 'done') })),
    findings: description.findings.filter(({ phase }) => phases.includes(phase)),
  }
  context.result(`${renderPlan(selected, { sql: true })}\n\nnothing was changed`, selected)
}

function summary(plan: Plan, outcomes: readonly PhaseOutcome[]): string {
  const lines = outcomes.map(
    ({ number, name, outcome, ms }) =>
      `phase ${number} "${name}": ${outcome === 'done' ? `done in ${seconds(ms)}` : 'was done already'}`,
  )
  const next = plan.phases.find(({ number }) => number > outcomes.at(-1)!.number)
  const command =
    next === undefined
      ? 'migrate verify'
      : `migrate verify, then migrate execute --phase ${next.number}${next.kind === 'contract' ? ` --confirm ${plan.name}` : ''}`
  return [...lines, `next: ${command}`].join('\n')
}
