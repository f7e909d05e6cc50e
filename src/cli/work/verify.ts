import { verify, type Verification } from '../../engine/verify.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { exitCodes } from '../../errors/codes.ts'
import { findingLine, isBlocking, type Finding } from '../../survey/finding.ts'
import { duration, type CommandContext } from '../context.ts'
import { phaseNumber } from '../phases.ts'

interface Options {
  readonly phase?: string
  readonly only?: string
  readonly for?: string
}

export async function work(context: CommandContext, options: Options): Promise<void> {
  const plan = await context.plan()
  const request = {
    ...(options.phase === undefined ? {} : { phase: phaseNumber(plan, options.phase, '--phase') }),
    ...(options.only === undefined ? {} : { only: options.only.split(',').map((id) => id.trim()) }),
    ...(options.for === undefined ? {} : { windowMs: duration(options.for, '--for') }),
  }
  const workspace = await openWorkspace(plan, 'verify', context.events)
  try {
    const verification = await verify(workspace, request, context.events)
    const isDifferent = verification.probes.some(({ findings }) => findings.some(isBlocking))
    context.result(render(verification), { ok: !isDifferent, ...verification })
    if (isDifferent) process.exitCode = exitCodes.difference
  } finally {
    await workspace.session.close()
  }
}

function render({ probes, tables }: Verification): string {
  const lines = probes.flatMap(({ id, title, findings }) => {
    const shown = findings.filter(({ severity }) => severity !== 'info')
    const facts = findings.filter(({ severity }) => severity === 'info')
    return [
      `${mark(findings)} ${id}: ${title}`,
      ...shown.flatMap((finding) => [
        `    ${label(finding)} ${findingLine(finding)}`,
        ...(finding.evidence ?? []).slice(0, 20).map((line) => `        ${line}`),
      ]),
      ...facts.map(({ on, text }) => `    ${on}: ${text}`),
    ]
  })
  return [`${tables} tables`, ...lines].join('\n')
}

/** What did not pass is not ticked off, also where the plan lets it be. */
function mark(findings: readonly Finding[]): string {
  if (findings.some(isBlocking)) return '✗'
  return findings.some(({ severity }) => severity === 'warning') ? '!' : '✓'
}

function label({ severity, waived }: Finding): string {
  return waived === undefined ? severity : `waived (${waived})`
}
