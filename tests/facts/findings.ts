import { describePlan } from '../../src/engine/describe.ts'
import { openWorkspace } from '../../src/engine/workspace.ts'
import type { Plan } from '../../src/plan/plan.ts'
import type { Finding } from '../../src/survey/finding.ts'

/** What `migrate plan` finds. */
export async function findingsOf(plan: Plan): Promise<readonly (Finding & { readonly phase: number })[]> {
  const workspace = await openWorkspace(plan, 'test')
  try {
    return (await describePlan(workspace)).findings
  } finally {
    await workspace.session.close()
  }
}

/** `rule object`, of all findings. */
export async function namedFindings(plan: Plan): Promise<string[]> {
  return (await findingsOf(plan)).map(({ rule, on }) => `${rule} ${on}`)
}
