import type { PathRoutine } from '../catalog/path-roles.ts'
import type { SearchPaths } from '../catalog/search-paths.ts'
import { ident } from '../pg/quoting.ts'
import { earlyReach, type EarlyPath, type Reach } from '../survey/early-paths.ts'
import { pathsSetBy, pathText, putLast, splitPath } from '../survey/search-path.ts'
import { earlyNamesOf } from './early-ground.ts'
import type { Draft, PreflightContext, Rule } from './rule.ts'

const shown = 10

/** Rules about search_paths that find a new schema before the old one, so that old code meets views there from expand on. */
export const earlyNameRules: readonly Rule[] = [
  {
    id: 'path-early',
    code: 'PF-14',
    severity: 'error',
    waivable: true,
    phases: ['expand'],
    check: earlyPaths,
  },
  {
    id: 'path-early-routine',
    code: 'PF-14',
    severity: 'error',
    waivable: true,
    phases: ['expand'],
    check: earlyRoutines,
  },
  {
    id: 'path-early-statement',
    code: 'PF-14',
    severity: 'error',
    waivable: true,
    phases: ['expand'],
    check: earlyStatements,
  },
  {
    id: 'path-early-sessions',
    code: 'PF-14',
    severity: 'warning',
    waivable: true,
    phases: ['expand'],
    check: earlySessions,
  },
  {
    id: 'path-unseen',
    code: 'PF-14',
    severity: 'info',
    waivable: true,
    phases: ['expand'],
    check: unseenPaths,
  },
]

/** The paths in force of roles, database and server. */
async function earlyPaths(context: PreflightContext): Promise<Draft[]> {
  const found = await earlyNamesOf(context)
  if (found === undefined) return []
  const groups = new Map<string, EarlyPath[]>()
  for (const early of found.paths.filter(({ isInForce }) => isInForce)) {
    const key = JSON.stringify([placeOf(early), early.reach.target])
    groups.set(key, [...(groups.get(key) ?? []), early])
  }
  return [...groups.values()].map((group) => {
    const [first] = group as [EarlyPath]
    const who = [...new Set(group.map(({ role, user }) => user ?? role))]
    const isUsed = who.some((role) => found.users.get(first.reach.target)?.has(role) === true)
    return {
      on: placeOf(first),
      ...(isUsed ? {} : { severity: 'warning' as const }),
      text: `${sentence(first)}: ${effect(first.reach)}`,
      ...(placeOf(first) === first.role ? {} : { evidence: [`roles with this path: ${listed(who)}`] }),
      remedy: `${alter(first, context.facts.server.database)}, and let its sessions connect again; or give the service another name in \`schema\``,
    }
  })
}

/** Whose the setting is, as `allow` names it: a role, or `database`, `all roles`, `server`. */
function placeOf({ at, role, user }: EarlyPath): string {
  return user !== undefined || at === 'role' || at === 'role in database' ? role : at
}

function sentence({ at, path, role, user, reach }: EarlyPath): string {
  const whose =
    at === 'role' || at === 'role in database'
      ? 'its own'
      : `that of ${at === 'all roles' ? at : `the ${at}`}`
  const as = user === undefined || user === role ? '' : `, which means ${ident(user)} after SET ROLE`
  return `its search_path (${whose}: ${path}${as}) finds schema ${ident(reach.target)} before ${reach.behind.map(ident).join(', ')}`
}

function effect({ target, isFirst }: Reach): string {
  const created = `, CREATE without a schema goes to ${ident(target)}, and current_schema() is that`
  return `from expand on names without a schema mean the views there, not the tables${isFirst ? created : ''}`
}

function alter({ at, path, role, user, reach }: EarlyPath, database: string): string {
  const isLate = (schema: string): boolean => schema === (user === undefined ? reach.target : '$user')
  const better = pathText(putLast(splitPath(path), isLate))
  const isOfRole = user !== undefined || at === 'role' || at === 'role in database'
  const whose = isOfRole
    ? `role ${ident(role)} in database ${ident(database)}`
    : `database ${ident(database)}`
  return `alter ${whose} set search_path = ${better}`
}

/** Functions whose own path, one that they set, or that of their callers does so, where their text looks for anything by it. */
async function earlyRoutines(context: PreflightContext): Promise<Draft[]> {
  const found = await earlyNamesOf(context)
  if (found === undefined) return []
  const { facts } = context
  return found.routines.flatMap((routine) => {
    const { oid, signature, path, source, owner, securityDefiner } = routine
    const body = facts.bodies.find((each) => each.oid === oid)
    const looks =
      body !== undefined && (body.doubts.length > 0 || body.names.some((name) => !name.isQualified))
    if (!looks && !/\b(?:create|current_schema)\b/i.test(source)) return []
    const as = securityDefiner ? [owner] : found.callers
    const reached = pathsOfRoutine(routine, facts.searchPaths).flatMap((each) => {
      const reach = as.flatMap((role) => earlyReach(each.path, role, found.ground))[0]
      return reach === undefined ? [] : [{ ...each, reach }]
    })
    const [first] = reached
    if (first === undefined) return []
    const better = pathText(
      putLast(first.path, (schema) => schema === first.reach.target || schema === '$user'),
    )
    return [
      {
        on: signature,
        text: `${first.whose} (${pathText(first.path)}) finds schema ${ident(first.reach.target)} before ${first.reach.behind.map(ident).join(', ')}: ${effect(first.reach)}`,
        remedy:
          path === null && first.isSet
            ? `let it set search_path = ${better}`
            : `alter routine ${signature} set search_path = ${better}`,
      },
    ]
  })
}

interface RoutinePath {
  readonly whose: string
  readonly path: readonly string[]
  /** Does the body set it? */
  readonly isSet: boolean
}

/** The paths that a function is run with, in so far as its callers’ role makes no difference. */
function pathsOfRoutine(
  { path, source, securityDefiner }: PathRoutine,
  { settings, server }: SearchPaths,
): RoutinePath[] {
  const set = pathsSetBy(source).map((each) => ({
    whose: 'the search_path that it sets',
    path: each,
    isSet: true,
  }))
  if (path !== null) return [{ whose: 'its own search_path', path: splitPath(path), isSet: false }, ...set]
  if (!securityDefiner) return set
  const whose = 'the search_path of its callers, in which "$user" is its owner,'
  const called = [...settings.map((setting) => setting.path), server]
  return [...called.map((each) => ({ whose, path: splitPath(each), isSet: false })), ...set]
}

/** Clients that were seen to set such a path. */
async function earlyStatements(context: PreflightContext): Promise<Draft[]> {
  const found = await earlyNamesOf(context)
  if (found === undefined) return []
  const statements = 'missing' in found.recorded ? [] : found.recorded.statements
  const byRole = new Map<string, { reach: Reach; evidence: string[] }>()
  for (const { sql, role, calls } of statements) {
    const reach = pathsSetBy(sql).flatMap((path) => earlyReach(path, role, found.ground))[0]
    if (reach === undefined) continue
    const known = byRole.get(role) ?? { reach, evidence: [] }
    known.evidence.push(`${calls} ${calls === 1 ? 'call' : 'calls'}: ${sql}`)
    byRole.set(role, known)
  }
  return [...byRole].map(([role, { reach, evidence }]) => ({
    on: role,
    text: `it was recorded to set a search_path that finds schema ${ident(reach.target)} before ${reach.behind.map(ident).join(', ')}: ${effect(reach)}`,
    evidence: evidence.slice(0, shown),
    remedy: `let it put ${ident(reach.target)} behind ${reach.behind.map(ident).join(', ')} until the switch, or give the service another name in \`schema\``,
  }))
}

/** Sessions may be older than the setting that protects their role. */
async function earlySessions(context: PreflightContext): Promise<Draft[]> {
  const found = await earlyNamesOf(context)
  if (found === undefined) return []
  return found.roles.flatMap(({ role, sessions }) => {
    const its = found.paths.filter((early) => early.role === role)
    const [first] = its
    if (first === undefined || sessions === 0 || its.some(({ isInForce }) => isInForce)) return []
    return [
      {
        on: role,
        text: `${sessions === 1 ? 'a session' : `${sessions} sessions`} of it may have begun with the search_path of ${first.at === 'role' ? 'the role in all databases' : first.at} (${first.path}), before another was set: there ${ident(first.reach.target)} comes before ${first.reach.behind.map(ident).join(', ')}`,
        remedy: 'let them connect again (PgBouncer: RECONNECT), unless the setting is older than they are',
      },
    ]
  })
}

/** What no catalog tells. */
async function unseenPaths(context: PreflightContext): Promise<Draft[]> {
  const found = await earlyNamesOf(context)
  if (found === undefined) return []
  const { recorded } = found
  const reason = 'missing' in recorded ? `; ${recorded.missing}` : ''
  const unknown = ('missing' in recorded ? [] : recorded.statements).filter(
    ({ sql }) => /^\s*set\b|\bset_config\s*\(\s*\$\d/i.test(sql) && pathsSetBy(sql).length === 0,
  )
  const targets = [...found.ground.sources.keys()].map(ident).join(', ')
  return [
    {
      on: 'search_path',
      text: `clients may set a search_path that the server does not know of (options of the connection, PGOPTIONS, pg_service, SET in code${reason}): one that finds ${targets} before the old schema meets the views there from expand on`,
      ...(unknown.length === 0
        ? {}
        : { evidence: unknown.slice(0, shown).map(({ sql, role, calls }) => `${calls} by ${role}: ${sql}`) }),
      remedy: 'look for search_path in the settings of clients',
    },
  ]
}

function listed(names: readonly string[]): string {
  const more = names.length > shown ? ` and ${names.length - shown} more` : ''
  return names.slice(0, shown).map(ident).join(', ') + more
}
