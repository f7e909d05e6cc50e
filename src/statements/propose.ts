import type { CompatPolicy } from '../plan/compat.ts'
import { qualified } from '../pg/quoting.ts'
import type { Hit } from './analyse.ts'
import { severityInBody, type JudgedBody } from './bodies.ts'
import type { Examined } from './evidence.ts'
import type { KnownTable, Named } from './known.ts'
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
  bodies: readonly JudgedBody[],
  reach: Reach,
  major: number,
): Proposal[] {
  const uses = new Map<KnownTable, Use[]>()
  const failing = new Map<KnownTable, Set<string>>()
  const use = ({ table, isQualified }: Named, role: string): void => {
    uses.set(table, [...(uses.get(table) ?? []), { isQualified, role }])
  }
  const fail = ({ trap, table }: Hit): void => {
    failing.set(table, (failing.get(table) ?? new Set()).add(trap.id))
  }
  for (const { statement, names, hits } of examined) {
    for (const named of names) use(named, statement.role)
    for (const hit of hits)
      if (hit.trap.severity === 'error' && outcomeOf(hit.trap, 'view', major) !== undefined) fail(hit)
  }
  for (const { name, hasPath, names, hits } of bodies) {
    // What a body finds by the path of its callers says no more of the paths than they do.
    for (const named of names) if (named.isQualified || hasPath) use({ ...named, isQualified: true }, name)
    for (const hit of hits)
      if (severityInBody({ ...hit, table: { ...hit.table, policy: 'view' } }, major) === 'error') fail(hit)
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
