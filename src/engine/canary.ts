import { Canary, type OwnLines } from '../canary/canary.ts'
import { hush, type Line } from '../canary/lines.ts'
import { troubled, type CanaryReport, type NameSeen } from '../canary/report.ts'
import { canaryRule } from '../plan/probe-names.ts'
import type { TransactionAction } from '../steps/action.ts'
import { isBlocking, findingLine, type Finding } from '../survey/finding.ts'
import { waive } from '../survey/waivers.ts'
import { CheckError } from './check-error.ts'
import type { PlacedStep } from './placed.ts'
import type { Work } from './work.ts'

/**
 * Begins to read and write by the names that a transaction is about to swap.
 * @throws MigrateError `connection-failed`
 */
export async function startCanary(work: Work, { canary }: TransactionAction): Promise<Canary | undefined> {
  const { plan, session, target } = work
  if (canary === undefined || !plan.canary.isEnabled) return undefined
  try {
    return await Canary.start({
      target,
      plan: plan.name,
      lines: await hush(session, canary.lines),
      path: canary.path,
      own: ownLines(work, canary.service),
      capMs: plan.canary.capMs,
    })
  } catch (error) {
    // A server that is gone is told of by the runner’s own session.
    await session.query('select 1')
    throw error
  }
}

function ownLines({ plan, target }: Work, name: string): OwnLines[] {
  const service = plan.services.find((candidate) => candidate.name === name)
  const statements = plan.canary.statements.get(name) ?? []
  if (service === undefined || statements.length === 0) return []
  const lines = statements.map((text, index): Line => ({
    name: `statement ${index + 1} of ${name}`,
    schema: service.schema,
    relation: 0,
    text,
  }))
  return [{ target: { alias: name, url: service.url ?? target.url }, lines }]
}

/**
 * Tells what the canary lived through.
 * @throws CheckError `stall-exceeded` when the switch held it up for too long, or made its statements fail
 */
export function judgeCanary(work: Work, placed: PlacedStep, report: CanaryReport): void {
  const { events } = work
  const { step } = placed
  const { statements, failed, longestMs, heldUpMs, capMs, names } = report
  const by = names.toSorted((a, b) => b.heldUpMs - a.heldUpMs)[0]?.name ?? null
  events.emit({
    type: 'canary:end',
    step: step.id,
    statements,
    failed,
    longestMs,
    heldUpMs,
    capMs,
    by,
  })
  for (const line of report.left.slice(0, 5))
    events.emit({
      type: 'notice',
      level: 'warning',
      text: `the canary leaves out ${line}`,
    })
  refuseTrouble(work, placed, report)
}

/**
 * Judges what a canary has told of a switch that stands, by the cap it had then.
 * @throws CheckError `stall-exceeded`
 */
export function refuseTrouble({ plan, events }: Work, { phase }: PlacedStep, report: CanaryReport): void {
  const findings = waive(
    plan,
    troubled(report).map((seen) => finding(seen, report.capMs)),
  )
  for (const each of findings.filter(({ waived }) => waived !== undefined))
    events.emit({ type: 'notice', level: 'warning', text: `waived: ${findingLine(each)} (${each.waived})` })
  const blocking = findings.filter(isBlocking)
  if (blocking.length === 0) return
  throw new CheckError('stall-exceeded', findingLine(blocking[0]!), blocking, {
    detail: [
      ...blocking.slice(1).map(findingLine),
      ...blocking.flatMap(({ evidence = [] }) => evidence.map((line) => `  ${line}`)),
    ],
    state: { kind: 'resumable' },
    next: [`migrate rollback --phase ${phase.number}`],
  })
}

function finding(seen: NameSeen, capMs: number): Finding {
  const { name, failures } = seen
  const text = trouble(seen, capMs)
  return {
    rule: canaryRule,
    severity: 'error',
    on: name,
    text,
    evidence: failures,
    waivable: true,
  }
}

function trouble({ lost, failed, statements, heldUpMs }: NameSeen, capMs: number): string {
  if (lost !== undefined)
    return `the canary could not watch the switch to its end: its connection was lost: ${lost}`
  return failed > 0
    ? `${failed} of ${statements} statements of the canary failed during the switch`
    : `the switch held it up for ${Math.round(heldUpMs)} ms, over the cap of ${capMs} ms`
}
