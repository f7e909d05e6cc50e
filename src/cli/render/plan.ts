import chalk from 'chalk'
import { structuredPatch } from 'diff'
import { qualified } from '../../pg/quoting.ts'
import type { PlanDescription, PlannedPhase, PlannedStep } from '../../engine/describe.ts'
import type { ReplacedText } from '../../steps/kind.ts'
import type { Finding } from '../../survey/finding.ts'
import { renderStatements } from './statements.ts'
import { table } from './table.ts'

/** A plan for people: phases, steps, locks, undo, findings. */
export function renderPlan(plan: PlanDescription, options: { sql: boolean }): string {
  return [
    `${chalk.bold(plan.plan)} (plan ${plan.hash}) on ${plan.database}`,
    ...plan.phases.flatMap((phase) => renderPhase(phase, options.sql)),
    ...lockLegend(plan.phases),
    ...section(
      'Foreign keys across services (kept)',
      plan.crossServiceForeignKeys.map(({ name, from, to, fromService, toService }) => [
        name,
        `${from} → ${to}`,
        `${fromService ?? 'stays'} → ${toService ?? 'stays'}`,
      ]),
    ),
    ...section(
      'Tables no service claims (they stay)',
      plan.unclaimedTables.map((name) => [name]),
    ),
    ...renderStatements(plan.statements),
    ...section(
      'Changed by one of two names (the next command that changes something carries it over)',
      plan.privileges.map((change) => [change]),
    ),
    ...findings(plan.findings),
  ].join('\n')
}

function renderPhase(phase: PlannedPhase, withSql: boolean): string[] {
  const count = `${phase.tables} ${phase.tables === 1 ? 'table' : 'tables'}`
  return [
    '',
    `${chalk.bold(`phase ${phase.number}  ${phase.name}`)}  ${chalk.dim(`${phase.kind}, ${count}, ${phase.state}`)}`,
    ...(withSql
      ? phase.steps.flatMap((step) => renderStepWithSql(step))
      : [table(phase.steps.map(stepCells))]),
  ]
}

function stepCells(step: PlannedStep): string[] {
  return [`${mark(step.state)} ${step.summary}`, lock(step), chalk.dim(undo(step))]
}

function mark(state: string): string {
  return state === 'done' ? '✓' : '·'
}

function lock(step: PlannedStep): string {
  if (step.lock === 'none') return 'no lock'
  return step.maximumStallMs === 0
    ? step.lock
    : `${step.lock}, stall ~${step.expectedStallMs} ms, ≤ ${step.maximumStallMs} ms`
}

function undo(step: PlannedStep): string {
  return `undo: ${step.undo}`
}

/** What the locks of the table mean, said once. */
function lockLegend(phases: readonly PlannedPhase[]): string[] {
  const used = new Map(phases.flatMap(({ steps }) => steps.map((step) => [step.lock, step.blocks] as const)))
  const rows = [...used]
    .filter(([name]) => name !== 'none')
    .map(([name, blocked]) => [name, `blocks ${blocked}`])
  return section('Locks', rows)
}

function renderStepWithSql(step: PlannedStep): string[] {
  return [
    `  ${mark(step.state)} ${step.summary}`,
    ...(step.lock === 'none' ? [] : [chalk.dim(`      lock ${lock(step)}`)]),
    chalk.dim(`      ${undo(step)}`),
    ...(step.texts ?? []).flatMap(renderText),
    ...step.actions.flatMap((action) =>
      action.policy === 'transaction'
        ? [
            ...(action.lockFirst.length === 0
              ? []
              : [
                  `      lock ${action.locksAlone === true ? 'view' : 'table'} ${action.lockFirst.map(qualified).join(', ')} in access exclusive mode;`,
                ]),
            ...action.statements.map((sql) => `      ${sql.trim().replaceAll('\n', '\n      ')};`),
          ]
        : [chalk.dim(`      (${action.sentence})`)],
    ),
  ]
}

/** How the text of a function changes, with a line around each place. */
function renderText({ name, before, after }: ReplacedText): string[] {
  const { hunks } = structuredPatch(name, name, before, after, '', '', { context: 1 })
  return [
    `      ${name}`,
    ...hunks.flatMap(({ oldStart, lines }) => [
      chalk.dim(`        line ${oldStart}`),
      ...lines.filter((line) => !line.startsWith('\\')).map((line) => `        ${coloured(line)}`),
    ]),
  ]
}

function coloured(line: string): string {
  if (line.startsWith('+')) return chalk.green(line)
  return line.startsWith('-') ? chalk.red(line) : line
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', chalk.bold(title), table(rows)]
}

/** Coloured when it is asked for: main decides about colour after this file is loaded. */
function severityLabel(severity: Finding['severity']): string {
  switch (severity) {
    case 'error':
      return chalk.red('refused')
    case 'warning':
      return chalk.yellow('warning')
    case 'info':
      return chalk.dim('info')
  }
}

function findings(all: PlanDescription['findings']): string[] {
  const shown = all.filter(({ rule }) => rule !== 'unclaimed-table' && rule !== 'cross-service-foreign-key')
  if (shown.length === 0) return []
  return [
    '',
    chalk.bold('Findings'),
    ...shown.flatMap((finding) => [
      `  ${finding.waived === undefined ? severityLabel(finding.severity) : chalk.dim('waived')} phase ${finding.phase}  ${finding.rule} on ${finding.on}: ${finding.text}`,
      ...(finding.remedy === undefined || finding.waived !== undefined
        ? []
        : [chalk.dim(`          ${finding.remedy}`)]),
      ...(finding.waived === undefined ? [] : [chalk.dim(`          because: ${finding.waived}`)]),
    ]),
  ]
}
