import { isGlob, matchTables } from './match.ts'

/** How an old name keeps working after its table has moved. */
export const compatPolicies = ['view', 'search-path', 'late', 'none', 'shell'] as const
export type CompatPolicy = (typeof compatPolicies)[number]

/** A policy for the tables that a name or glob means. */
export interface CompatRule {
  readonly tables: string
  readonly policy: CompatPolicy
}

/** The policy of one table: that of its name, else of the first glob that means it, else the plan's default. */
export function policyOf(name: string, rules: readonly CompatRule[], fallback: CompatPolicy): CompatPolicy {
  const means = ({ tables }: CompatRule): boolean => matchTables([tables], [name]).matched.length > 0
  const rule = rules.filter(({ tables }) => !isGlob(tables)).find(means) ?? rules.find(means)
  return rule?.policy ?? fallback
}
