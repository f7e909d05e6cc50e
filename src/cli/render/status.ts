import chalk from 'chalk'
import type { PhaseStatus, Status } from '../../engine/status.ts'
import { findingLine, type Finding } from '../../survey/finding.ts'
import { renderOldNames } from './old-names.ts'
import { renderKept } from './restore.ts'
import { seconds } from './sentence.ts'
import { table } from './table.ts'

/** Where a plan stands, for people. */
export function renderStatus(status: Status, isVerbose: boolean): string {
  const run = status.run
  return [
    `${chalk.bold(status.plan)} (plan ${status.hash}) on ${status.database}`,
    run === null
      ? 'not begun'
      : `run ${run.id}, ${run.state}, begun ${run.beganAt.toISOString()} by ${run.beganBy}`,
    ...(status.lease === null ? [] : [`running now: ${status.lease.holder}, ${status.lease.activity ?? ''}`]),
    table(status.phases.map(phaseCells)),
    ...status.phases.flatMap((phase) => phaseDetails(phase, isVerbose)),
    ...list('not ready', status.notReady),
    ...list('locks held for long', status.blockers),
    ...renderOldNames(status.oldNames),
    ...list('structure changed by others', status.drift.slice(0, 8).map(change)),
    ...list(
      'not the same by the other name until the next command that changes something',
      status.privileges,
    ),
    ...list('old rows of restores', status.kept.length === 0 ? [] : renderKept(status.kept).split('\n')),
    ...status.next.map((command, index) => `${index === 0 ? 'next:' : '  or:'} ${chalk.bold(command)}`),
  ].join('\n')
}

function phaseCells({ number, name, state, steps, endedAt, beganAt }: PhaseStatus): string[] {
  const done = steps.filter((step) => step.state === 'done').length
  const took =
    state === 'done' && beganAt !== null && endedAt !== null
      ? seconds(endedAt.getTime() - beganAt.getTime())
      : `${done}/${steps.length} steps`
  return [String(number), name, colour(state), took]
}

function colour(state: string): string {
  return state === 'done' ? chalk.green(state) : state === 'interrupted' ? chalk.red(state) : state
}

function phaseDetails({ number, poison, steps }: PhaseStatus, isVerbose: boolean): string[] {
  return [
    ...(poison?.findings ?? []).map((finding) => poisonLine(number, finding)),
    ...canaryLine(number, steps),
    ...steps
      .filter(({ state, error }) => isVerbose || (error !== null && state !== 'done' && state !== 'pending'))
      .map(
        ({ id, state, error, observed }) =>
          `  phase ${number}, step ${id}: ${state}, in the database ${observed}${error === null ? '' : `: ${error}`}`,
      ),
  ]
}

function poisonLine(number: number, finding: Finding): string {
  const line = `  phase ${number} failed a check: ${findingLine(finding)}`
  return finding.waived === undefined ? chalk.red(line) : chalk.dim(`${line}; waived: ${finding.waived}`)
}

/** What the runner’s own statements lived through in the switches of a phase. */
function canaryLine(number: number, steps: PhaseStatus['steps']): string[] {
  const reports = steps.flatMap(({ canary }) => canary ?? [])
  if (reports.length === 0) return []
  const names = reports.flatMap((report) => report.names).toSorted((a, b) => b.heldUpMs - a.heldUpMs)
  const statements = names.reduce((sum, name) => sum + name.statements, 0)
  const failed = names.reduce((sum, name) => sum + name.failed, 0)
  const longest = names[0] === undefined ? '' : ` at most, ${names[0].name}`
  return [
    `  phase ${number}, canary: held up for ${(names[0]?.heldUpMs ?? 0).toFixed(1)} ms${longest}; ${statements} statements, ${failed === 0 ? 'none' : failed} failed`,
  ]
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)]
}

function change({ at, role, application, tag, object, statement }: Status['drift'][number]): string {
  return `${at.toISOString()} ${tag} on ${object} by ${role} "${application}": ${statement.replaceAll(/\s+/g, ' ').slice(0, 80)}`
}
