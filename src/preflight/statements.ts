import { isGlob } from '../plan/match.ts'
import { qualified } from '../pg/quoting.ts'
import type { Breaking } from '../statements/breaking.ts'
import { recordedOf, type Origin } from '../statements/of-plan.ts'
import { oldName } from '../steps/names.ts'
import type { Severity } from '../survey/finding.ts'
import type { Rule } from './rule.ts'

const rank: readonly Severity[] = ['error', 'warning', 'info']

/** Rules about statements that clients have been seen to run. */
export const statementRules: readonly Rule[] = [
  {
    id: 'statement-breaks',
    code: 'PF-19',
    severity: 'error',
    waivable: true,
    phases: ['switch'],
    async check({ session, plan, facts, tables }) {
      const { breaking, origin } = await recordedOf(session, plan, facts)
      return tables.flatMap((table) => {
        const on = qualified(oldName(table))
        const here = breaking.filter((statement) => statement.table === on)
        if (here.length === 0) return []
        const severity = rank.find((level) => here.some((statement) => statement.severity === level))!
        const traps = [...new Set(here.map(({ trap }) => trap))]
        return [
          {
            on,
            severity,
            text: `${counted(here)} recorded${since(origin)} would break under policy ${table.compat}: ${traps.join(', ')}`,
            evidence: here.map(evidence),
            remedy: `change the statements as \`migrate plan\` says, or choose another policy${policyLine(table.name)}`,
          },
        ]
      })
    },
  },
  {
    id: 'tables-by-parameter',
    code: 'PF-19',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    async check({ session, plan, facts, tables }) {
      const { byParameter, origin } = await recordedOf(session, plan, facts)
      const stays = tables.some(({ compat }) => compat !== 'none' && compat !== 'search-path')
      if (byParameter.length === 0 || !stays) return []
      return [
        {
          on: facts.server.database,
          text: `${counted(byParameter)} recorded${since(origin)} ${byParameter.length === 1 ? 'looks' : 'look'} tables up in the catalogs by a name that is not recorded: for an old one the view is found, which has no keys, no NOT NULL and no size`,
          evidence: byParameter.map(
            ({ sql, calls, role }) => `${calls} ${calls === 1 ? 'call' : 'calls'} by ${role}: ${sql}`,
          ),
          remedy:
            'see that those who need keys and columns (ORMs when they start, generators of APIs, monitoring) are told the new names or schemas with the switch',
        },
      ]
    },
  },
]

function counted(here: readonly unknown[]): string {
  return here.length === 1 ? 'a statement' : `${here.length} statements`
}

function since(origin: Origin): string {
  return origin.kind === 'pg_stat_statements' && origin.since !== null ? ` since ${origin.since}` : ''
}

function evidence({ trap, outcome, calls, role, sql }: Breaking): string {
  return `${trap} (${outcome}), ${calls} ${calls === 1 ? 'call' : 'calls'} by ${role}: ${sql}`
}

/** A name with the characters of globs would have to be escaped; then nothing is suggested. */
function policyLine(name: string): string {
  return isGlob(name) ? '' : `, such as compat: { ${JSON.stringify(name)}: late }`
}
