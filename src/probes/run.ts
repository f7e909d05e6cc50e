import type { Finding } from '../survey/finding.ts'
import { waive } from '../survey/waivers.ts'
import type { ProbeContext } from './probe.ts'
import { probes } from './registry.ts'

/** Runs probes one after the other. One that cannot run is a failure and not a pass. */
export async function runProbes(ids: readonly string[], context: ProbeContext): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const id of ids) {
    context.events.emit({ type: 'probe:start', probe: id })
    const found = waive(context.plan, await runOne(id, context))
    findings.push(...found)
    const ok = !found.some(({ severity, waived }) => severity === 'error' && waived === undefined)
    context.events.emit({ type: 'probe:end', probe: id, ok, findings: found.length })
  }
  return findings
}

async function runOne(id: string, context: ProbeContext): Promise<Finding[]> {
  const probe = probes.get(id)
  if (probe === undefined) throw new Error(`there is no probe "${id}"`)
  try {
    const found = await probe.run(context)
    return found.map((finding) => ({ ...finding, rule: id, waivable: true }))
  } catch (error) {
    if (context.session.isLost) throw error
    return [
      {
        rule: id,
        severity: 'error',
        on: id,
        text: `the probe could not run: ${error instanceof Error ? error.message : String(error)}`,
        waivable: true,
      },
    ]
  }
}
