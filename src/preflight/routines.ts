import { readDependents, readViewTypeUses } from '../catalog/dependents.ts'
import type { BodyMention } from '../catalog/functions.ts'
import { pathInForce } from '../catalog/search-paths.ts'
import { ident, qualified } from '../pg/quoting.ts'
import type { Plan } from '../plan/plan.ts'
import { judgedBodies, severityInBody, type JudgedBody } from '../statements/bodies.ts'
import { oldName } from '../steps/names.ts'
import type { Facts } from '../survey/facts.ts'
import { readFollowing } from '../survey/row-routines.ts'
import { pathText, splitPath } from '../survey/search-path.ts'
import type { Draft, PreflightContext, Rule } from './rule.ts'

/** Rules about functions and other objects that name the tables. */
export const routineRules: readonly Rule[] = [
  {
    id: 'routine-follows-caller',
    code: 'PF-6',
    severity: 'info',
    waivable: true,
    phases: ['expand'],
    check: followingRoutines,
  },
  {
    id: 'routine-names-table',
    code: 'PF-5',
    severity: 'info',
    waivable: true,
    phases: ['expand'],
    check: namingRoutines,
  },
  {
    id: 'old-name-dependent',
    code: 'PF-9',
    severity: 'error',
    waivable: false,
    phases: ['contract'],
    async check({ session, tables }) {
      const views = new Map(
        tables.flatMap((table) =>
          table.location.view === null ? [] : [[table.location.view, table] as const],
        ),
      )
      const found = [
        ...(await readDependents(session, [...views.keys()])),
        ...(await readViewTypeUses(session, [...views.keys()])),
      ]
      return found.map(({ relation, description }) => ({
        on: qualified(oldName(views.get(relation)!)),
        text: `${description} depends on the old name, which is about to be dropped`,
        remedy: `let it use ${qualified({ schema: views.get(relation)!.target, name: views.get(relation)!.name })}`,
      }))
    },
  },
]

/** What was not judged, or breaks, is never said to go on working. */
async function namingRoutines(context: PreflightContext): Promise<Draft[]> {
  const judged = new Map((await judgedBodies(context.session, context.facts)).map((body) => [body.oid, body]))
  return [...byRoutine(moved(context)).values()].map(({ mention, names }) => ({
    on: mention.signature,
    text: `its text names ${names.join(', ')}; ${outlook(judged.get(mention.oid), context.facts.server.major)}`,
  }))
}

function outlook(body: JudgedBody | undefined, major: number): string {
  if (body?.hits.some((hit) => severityInBody(hit, major) !== undefined) === true)
    return 'some of its statements would break at the switch (body-breaks)'
  return (body?.unjudged.length ?? 0) > 0
    ? 'not judged, whether it goes on working by the old names (body-not-judged)'
    : 'it goes on working by the old names until contract'
}

/** Clients of the new name may have another search_path than those of the old one, and the same rows to write. */
async function followingRoutines({ session, plan, facts, tables }: PreflightContext): Promise<Draft[]> {
  const found = await readFollowing(session, tables)
  return found.map(({ signature, source, names, tables: whose }) => {
    const without = whoLacks(plan, facts, source)
    return {
      on: signature,
      ...(without.length === 0 ? {} : { severity: 'warning' as const, evidence: without }),
      text: `rows of ${whose.join(', ')} make it run, and it finds ${names.join(', ')} by the search_path of whoever writes them: a client of the new name whose path does not hold ${ident(source)} fails`,
      remedy: `write ${ident(source)} in front of these names, or let clients of the new names keep it in their search_path`,
    }
  })
}

/** Those of whom it is known that they will not have the old schema on their path. */
function whoLacks({ services }: Plan, { searchPaths, roles }: Facts, source: string): string[] {
  const declared = services
    .filter(({ searchPath }) => searchPath?.includes(source) === false)
    .map(({ name, searchPath }) => `service ${name} has the search_path ${pathText(searchPath!)}`)
  const ofRoles = [...new Set(services.flatMap((service) => service.roles))]
    .filter((role) => roles.has(role) && !splitPath(pathInForce(searchPaths, role)).includes(source))
    .map((role) => `role ${ident(role)} has the search_path ${pathInForce(searchPaths, role)}`)
  return [...declared, ...ofRoles]
}

/** What may be named in the text of a function. */
interface Mentioned {
  readonly name: string
  readonly mentions: readonly BodyMention[]
}

function moved({ tables, routines, types }: PreflightContext): Mentioned[] {
  return [...tables, ...routines, ...types]
}

interface Mentions {
  readonly mention: BodyMention
  readonly names: string[]
}

function byRoutine(tables: readonly Mentioned[]): Map<number, Mentions> {
  const routines = new Map<number, Mentions>()
  for (const table of tables) {
    for (const mention of table.mentions) {
      const entry = routines.get(mention.oid) ?? { mention, names: [] }
      entry.names.push(table.name)
      routines.set(mention.oid, entry)
    }
  }
  return routines
}
