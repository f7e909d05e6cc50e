import { extensionVersion } from '../catalog/extensions.ts'
import { readActiveRuns } from '../journal/read.ts'
import { readJournalState } from '../journal/install.ts'
import type { Plan } from '../plan/plan.ts'
import { parsePlan } from '../plan/read.ts'
import { escapeTemplate } from '../plan/interpolate.ts'
import { isBlocking, type Finding } from '../survey/finding.ts'
import { planFindings } from './readiness.ts'
import { survey, type Workspace } from './workspace.ts'

export interface Diagnosis {
  readonly database: string
  readonly facts: readonly { readonly name: string; readonly value: string }[]
  readonly tables: number
  readonly findings: readonly Finding[]
  readonly isBlocked: boolean
}

/** Runs every rule of every phase that is still to come and changes nothing. */
export async function diagnose(workspace: Workspace): Promise<Diagnosis> {
  const now = await survey(workspace)
  const { server } = workspace
  const seen = new Set<string>()
  const findings = (await planFindings(workspace, now))
    .map(({ finding }) => finding)
    .filter((finding) => {
      // One that concerns several phases is said once.
      const key = JSON.stringify([finding.rule, finding.on, finding.text])
      return seen.has(key) ? false : seen.add(key)
    })
  return {
    database: `${server.database} on PostgreSQL ${server.version}`,
    facts: await factsOf(workspace),
    tables: now.facts.tables.length,
    findings,
    isBlocked: findings.some(isBlocking),
  }
}

async function factsOf({ session, server }: Workspace): Promise<Diagnosis['facts']> {
  const journal = await readJournalState(session)
  const runs = journal === 'missing' ? [] : await readActiveRuns(session)
  const statements = await extensionVersion(session, 'pg_stat_statements')
  return [
    { name: 'role', value: `${server.user}${server.isSuperuser ? ' (superuser)' : ''}` },
    { name: 'journal', value: journal === 'missing' ? 'none yet' : journal },
    { name: 'runs that stand', value: runs.map(({ plan }) => plan).join(', ') || 'none' },
    { name: 'pg_stat_statements', value: statements ?? 'not installed: statements cannot be looked at' },
  ]
}

/** A plan that moves every table of a schema into one other schema, to see what would speak against it. */
export function wholeSchemaPlan(url: string, schema: string, target: string): Plan {
  const text = JSON.stringify({
    version: 1,
    name: 'doctor',
    databases: { db: { url: escapeTemplate(url) } },
    services: { all: { from: `db.${schema}`, to: 'db', schema: target, tables: ['*'] } },
  })
  return parsePlan('the given schema', text, {})
}
