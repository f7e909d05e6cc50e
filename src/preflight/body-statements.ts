import { qualified } from '../pg/quoting.ts'
import { isGlob } from '../plan/match.ts'
import { judgedBodies, severityInBody, type BodyHit, type JudgedBody } from '../statements/bodies.ts'
import { shortened } from '../statements/breaking.ts'
import { outcomeOf } from '../statements/trap.ts'
import { oldName } from '../steps/names.ts'
import type { Draft, PreflightContext, Rule } from './rule.ts'

/** Rules about the statements that functions, procedures and jobs run. */
export const bodyStatementRules: readonly Rule[] = [
  {
    id: 'body-breaks',
    code: 'PF-19',
    severity: 'error',
    waivable: true,
    phases: ['switch'],
    check: breakingBodies,
  },
  {
    id: 'body-not-judged',
    code: 'PF-19',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    check: unjudgedBodies,
  },
]

async function breakingBodies({ session, facts, tables }: PreflightContext): Promise<Draft[]> {
  const { major } = facts.server
  const here = new Set(tables.map((table) => qualified(oldName(table))))
  const bodies = await judgedBodies(session, facts)
  return bodies.flatMap(({ name, hits }): Draft[] => {
    const broken = hits.flatMap((hit) => {
      const severity = here.has(qualified(hit.table)) ? severityInBody(hit, major) : undefined
      return severity === undefined ? [] : [{ ...hit, severity }]
    })
    if (broken.length === 0) return []
    const severity = (['error', 'warning', 'info'] as const).find((level) =>
      broken.some((hit) => hit.severity === level),
    )!
    return [
      {
        ...{ on: name, severity },
        text: `${broken.length === 1 ? 'a statement' : `${broken.length} statements`} in its text would break at the switch: ${places(broken)}`,
        evidence: broken.map((hit) => evidence(hit, major)),
        remedy: remedy(broken),
      },
    ]
  })
}

function places(broken: readonly BodyHit[]): string {
  const all = broken.map(({ trap, table, line }) => `${trap.id} of ${qualified(table)} (line ${line})`)
  return [...new Set(all)].join(', ')
}

function evidence({ trap, table, line, sql }: BodyHit, major: number): string {
  return `${trap.id} (${outcomeOf(trap, table.policy, major)}) under policy ${table.policy}, line ${line}: ${shortened(sql)}`
}

function remedy(broken: readonly BodyHit[]): string {
  const ways = [...new Set(broken.map(({ trap }) => trap.wayOut))].join('; ')
  const names = [...new Set(broken.map(({ table }) => table.name))].filter((name) => !isGlob(name))
  const late = names.map((name) => `${JSON.stringify(name)}: late`).join(', ')
  return `${ways}; or choose another policy${late === '' ? '' : `, such as compat: { ${late} }`}`
}

/** Whether these go on working at the switch nobody has looked at. */
async function unjudgedBodies({ session, facts, tables }: PreflightContext): Promise<Draft[]> {
  const here = new Set(tables.map((table) => qualified(oldName(table))))
  const bodies = await judgedBodies(session, facts)
  return bodies
    .filter(({ unjudged }) => unjudged.length > 0)
    .flatMap((body): Draft[] => {
      const named = body.words.map(qualified).filter((name) => here.has(name))
      const isForAll = body.words.length === 0
      if (named.length === 0 && !isForAll) return []
      return [
        {
          on: body.name,
          ...(isForAll ? { severity: 'info' as const } : {}),
          text: `not judged, whether it goes on working at the switch${isForAll ? '' : `, though it may use ${named.join(', ')}`}: ${reasons(body)}`,
          remedy: 'look at what it runs there: see the traps of docs/reference/traps.md',
        },
      ]
    })
}

function reasons({ unjudged }: JudgedBody): string {
  return unjudged.map(({ line, reason }) => `${reason} (line ${line})`).join('; ')
}
