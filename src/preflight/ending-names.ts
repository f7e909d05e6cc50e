import { pathInForce } from '../catalog/search-paths.ts'
import { ident } from '../pg/quoting.ts'
import type { BodyFacts } from '../survey/bodies.ts'
import { pathOfRole, pathText, putAfter, splitPath } from '../survey/search-path.ts'
import type { Draft, PreflightContext, Rule } from './rule.ts'

/** Rules about functions that name what loses its old name with the switch, before their text gets the new ones. */
export const endingNameRules: readonly Rule[] = [
  {
    id: 'routine-names-old-table',
    code: 'PF-5',
    severity: 'error',
    waivable: true,
    phases: ['switch'],
    check: (context) =>
      endingIn(context, ({ names, doubts }) => [
        ...names.filter(({ isQualified }) => isQualified),
        ...doubts,
      ]).map(({ body, names }) => ({
        on: body.signature,
        text: `its text names ${names.join(', ')} with the old schema in front, or where that cannot be told, and nothing is there after the switch`,
        remedy: 'write the new names there, which work from expand on',
      })),
  },
  {
    id: 'routine-path-lacks-schema',
    code: 'PF-5',
    severity: 'error',
    waivable: true,
    phases: ['switch'],
    check: (context) =>
      endingIn(context, ({ names }) => names.filter(({ isQualified }) => !isQualified)).flatMap((found) =>
        lacking(context, found),
      ),
  },
]

interface Ending {
  readonly body: BodyFacts
  readonly names: readonly string[]
  readonly targets: readonly string[]
  readonly source: string
}

/** The functions in whose text such names are. */
function endingIn(
  { facts, tables, routines }: PreflightContext,
  named: (body: BodyFacts) => readonly { readonly name: string }[],
): Ending[] {
  const ending = [...tables, ...routines].filter(
    ({ compat, location }) =>
      (compat === 'none' || compat === 'search-path') && location.stand !== 'contracted',
  )
  return facts.bodies.flatMap((body) => {
    const words = new Set(named(body).map(({ name }) => name))
    const its = ending.filter(({ name }) => words.has(name))
    if (its.length === 0) return []
    return [
      {
        ...{ body, source: its[0]!.source },
        names: [...new Set(its.map(({ name }) => name))],
        targets: [...new Set(its.map(({ target }) => target))],
      },
    ]
  })
}

/** A function that would not find the new name by a path that it is run with. */
function lacking(context: PreflightContext, { body, names, targets, source }: Ending): Draft[] {
  const paths =
    body.path === null ? pathsOfUsers(context, names) : [{ whose: 'its own', path: splitPath(body.path) }]
  const without = paths.filter(({ path }) => !targets.every((target) => path.includes(target)))
  const [first] = without
  if (first === undefined) return []
  const better = pathText(putAfter(first.path, [source], targets))
  const where = body.path === null ? 'the search_path of its callers' : 'its own search_path'
  return [
    {
      on: body.signature,
      text: `its text names ${names.join(', ')} without a schema, of which nothing is left there after the switch, and ${where} does not lead to ${targets.map(ident).join(', ')}`,
      evidence: without.map(({ whose, path }) => `${whose}: ${pathText(path)}`),
      remedy:
        body.path === null
          ? 'write the new names there, which work from expand on, or give its callers the new schemas by `searchPath`'
          : `alter routine ${body.signature} set search_path = ${better}`,
    },
  ]
}

/** The paths of those who have rights on the tables; of a superuser who owns them only where there is nobody else. */
function pathsOfUsers(
  { plan, facts, tables }: PreflightContext,
  names: readonly string[],
): { whose: string; path: string[] }[] {
  const its = tables.filter(({ name }) => names.includes(name))
  const all = [
    ...new Set(
      its.flatMap(({ live, grants }) => [live.owner, ...grants.flatMap(({ grantee }) => grantee ?? [])]),
    ),
  ]
  const ordinary = all.filter((role) => facts.roles.get(role)?.isSuperuser !== true)
  return (ordinary.length > 0 ? ordinary : all).sort().map((role) => {
    const path = pathOfRole(splitPath(pathInForce(facts.searchPaths, role)), role)
    const isGiven = plan.searchPath.database || plan.searchPath.roles.includes(role)
    const given = isGiven ? its.map(({ target }) => target).filter((target) => !path.includes(target)) : []
    return { whose: `role ${ident(role)}`, path: [...path, ...given] }
  })
}
