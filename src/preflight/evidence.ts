import { whyStatementsAreNotCounted } from '../catalog/statement-counts.ts'
import { ident, qualified } from '../pg/quoting.ts'
import { uncountedRule } from '../plan/probe-names.ts'
import { isCountable as isCountableTable } from '../steps/watch-names.ts'
import { hasWrapper, isCountable as isCountableRoutine } from '../steps/wrapper.ts'
import { oldName } from '../steps/names.ts'
import type { Draft, PreflightContext, Rule } from './rule.ts'

/** Rules about what contract can know of the use of old names. */
export const evidenceRules: readonly Rule[] = [
  {
    id: uncountedRule,
    code: 'PF-29',
    severity: 'error',
    waivable: true,
    phases: ['contract'],
    check: uncounted,
  },
]

/** Sampled locks alone let a client through that uses a name for a moment now and then. */
async function uncounted(context: PreflightContext): Promise<Draft[]> {
  const names = uncountedNames(context)
  if (names.length === 0) return []
  const missing = await whyStatementsAreNotCounted(context.session)
  if (missing === undefined) return []
  return names.map(({ name, reason }) => ({
    on: name,
    text: `nothing would count its uses: ${reason}, and ${missing}; contract cannot know that it is quiet`,
    remedy: cure(context, reason),
  }))
}

const noRight = 'the runner may not set track_functions'

function uncountedNames({
  plan,
  facts,
  tables,
  routines,
}: PreflightContext): { name: string; reason: string }[] {
  const general = plan.defaults.countUses
    ? facts.wayOfCounting === null
      ? noRight
      : undefined
    : 'countUses is false'
  const standing = [
    ...tables
      .filter(
        ({ compat, location }) =>
          location.stand !== 'contracted' && compat !== 'none' && compat !== 'search-path',
      )
      .map((table) => ({
        name: qualified(oldName(table)),
        special: isCountableTable(table) ? undefined : 'no view stands at the old name that could count',
      })),
    ...routines
      .filter((routine) => hasWrapper(routine) && routine.location.stand !== 'alone')
      .map((routine) => ({
        name: qualified(oldName(routine)),
        special: isCountableRoutine(routine)
          ? undefined
          : 'calls of a function that only computes are too many to count',
      })),
  ]
  return standing.flatMap(({ name, special }) => {
    const reason = special ?? general
    return reason === undefined ? [] : [{ name, reason }]
  })
}

function cure({ facts: { server } }: PreflightContext, reason: string): string {
  const runner = ident(server.user)
  if (reason === noRight && server.major >= 15) return `grant set on parameter track_functions to ${runner}`
  if (reason === noRight)
    return `set track_functions = pl for the server or the database, or grant pg_read_all_stats to ${runner} and create extension pg_stat_statements`
  return `create extension pg_stat_statements and grant pg_read_all_stats to ${runner}`
}
