import type { CompatPolicy } from '../plan/compat.ts'
import { qualified } from '../pg/quoting.ts'
import type { Examined } from './evidence.ts'
import type { KnownTable } from './known.ts'
import { outcomeOf } from './trap.ts'

export interface Proposal {
  /** The table by its old name. */
  readonly table: string
  readonly chosen: CompatPolicy
  readonly proposed: CompatPolicy
  readonly reason: string
}

/** Who is given the new schemas in search_path, so that a name alone finds its table. */
export interface Reach {
  readonly roles: readonly string[]
  readonly database: boolean
}

/** What was seen of one table. */
interface Use {
  readonly isQualified: boolean
  readonly role: string
}

/**
 * The policy that keeps the statements of a table working, in this order: search-path if all of them name it without a
 * schema and the plan gives every role that path; view if they all work through one; else late, so that old code keeps
 * the table until it is changed. A shell is never proposed: it can destroy rows. Nothing is said of a table of which
 * nothing was seen.
 */
export function propose(
  tables: readonly KnownTable[],
  examined: readonly Examined[],
  reach: Reach,
  major: number,
): Proposal[] {
  const uses = new Map<KnownTable, Use[]>()
  const failing = new Map<KnownTable, Set<string>>()
  for (const { statement, names, hits } of examined) {
    for (const { table, isQualified } of names) {
      const seen = uses.get(table) ?? []
      uses.set(table, seen)
      seen.push({ isQualified, role: statement.role })
    }
    for (const { trap, table } of hits)
      if (trap.severity === 'error' && outcomeOf(trap, 'view', major) !== undefined)
        failing.set(table, (failing.get(table) ?? new Set()).add(trap.id))
  }
  return tables.flatMap((table) => {
    const seen = uses.get(table) ?? []
    const traps = [...(failing.get(table) ?? [])].toSorted().join(', ')
    if (seen.length === 0 && traps === '') return []
    const { proposed, reason } = best(seen, traps, reach)
    return [{ table: qualified(table), chosen: table.policy, proposed, reason }]
  })
}

function best(
  seen: readonly Use[],
  traps: string,
  reach: Reach,
): { readonly proposed: CompatPolicy; readonly reason: string } {
  const isByNameAlone = seen.length > 0 && seen.every(({ isQualified }) => !isQualified)
  const left = [...new Set(seen.map(({ role }) => role))].filter(
    (role) => !reach.database && !reach.roles.includes(role),
  )
  if (isByNameAlone && left.length === 0) {
    return {
      proposed: 'search-path',
      reason: 'every statement names it without a schema, by roles of searchPath',
    }
  }
  if (traps === '') return { proposed: 'view', reason: 'every statement seen works through a view' }
  const instead = isByNameAlone
    ? `; or search-path, with ${left.toSorted().join(', ')} in searchPath`
    : '; or change these statements first'
  return { proposed: 'late', reason: `a view would break ${traps}${instead}` }
}

/** A proposal worth telling: one that differs, and does not speak against a choice that keeps everything working too. */
export function isAdvice({ chosen, proposed }: Proposal): boolean {
  return chosen !== proposed && !(proposed === 'view' && chosen === 'late')
}
