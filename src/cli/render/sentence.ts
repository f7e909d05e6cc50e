import { chalkStderr as chalk } from 'chalk'
import type { EventOf, MigrateEvent } from '../../events/event.ts'

/** One line for people, or nothing for events that only detail what another says. */
export function sentence(event: MigrateEvent, isVerbose: boolean): string | undefined {
  switch (event.type) {
    case 'lease:wait':
      return `waiting for ${event.holder}`
    case 'phase:start':
      return chalk.bold(
        `${event.direction === 'undo' ? 'undoing ' : ''}phase ${event.phase} "${event.name}", ${event.steps} steps`,
      )
    case 'phase:skip':
      return `phase ${event.phase} "${event.name}": ${event.reason}`
    case 'phase:end':
      return chalk.bold(
        `phase ${event.phase} "${event.name}" ${event.direction === 'undo' ? 'undone' : 'done'} in ${seconds(event.ms)}`,
      )
    case 'step:start':
      return `  ${event.summary}`
    case 'step:skip':
      return isVerbose ? chalk.dim(`  ${event.step}: ${event.reason}`) : undefined
    case 'action:start':
      return isVerbose
        ? chalk.dim([`    ${event.sentence}`, ...(event.sql ?? []).map((sql) => `      ${sql};`)].join('\n'))
        : undefined
    case 'action:retry':
      return [
        `    try ${event.attempt}: ${event.reason}; again in ${event.waitMs} ms`,
        ...event.blockers.map((line) => `      ${line}`),
      ].join('\n')
    case 'action:end':
      return event.stallMs !== undefined && isVerbose
        ? chalk.dim(`    locks held or awaited for ${event.stallMs.toFixed(1)} ms`)
        : undefined
    case 'progress':
      return `    ${progress(event)}`
    case 'countdown':
      return `    ${countdown(event)}`
    case 'probe:end':
      return event.ok
        ? isVerbose
          ? chalk.dim(`    ${event.probe}: ok`)
          : undefined
        : chalk.red(`    ${event.probe}: ${event.findings} findings`)
    case 'canary:end':
      return `    canary: held up for ${event.heldUpMs.toFixed(1)} ms at most${event.by === null ? '' : ` (${event.by})`}, longest statement ${event.longestMs.toFixed(1)} ms; ${event.statements} statements, ${event.failed === 0 ? 'none' : event.failed} failed`
    case 'notice':
      return event.level === 'warning' ? `${chalk.yellow('warning')} ${event.text}` : event.text
    default:
      return undefined
  }
}

export function progress({
  subject,
  done,
  total,
  unit,
  rate,
  etaMs,
}: Extract<MigrateEvent, { type: 'progress' }>): string {
  const share = total === 0 ? 100 : Math.floor((done / total) * 100)
  const left = etaMs === null || etaMs === 0 ? '' : `, ${seconds(etaMs)} left`
  return `${subject}: ${done} of ${total} ${unit} (${share} %), ${rate.toFixed(rate < 10 ? 1 : 0)} ${unit}/s${left}`
}

export function countdown({ subject, leftMs, seen }: EventOf<'countdown'>): string {
  return `${subject}: ${seconds(leftMs)} left, ${seen} ${seen === 1 ? 'use' : 'uses'} seen`
}

/** A duration in the unit that suits it, rounded before it is split so that no 60 s appear. */
export function seconds(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`
  const tenths = Math.round(ms / 100)
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`
  const whole = Math.round(ms / 1000)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  const minutes = Math.round(ms / 60_000)
  return minutes < 48 * 60
    ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
    : `${(ms / 86_400_000).toFixed(1)} days`
}
