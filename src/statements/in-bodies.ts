import { pathInForce } from '../catalog/search-paths.ts'
import type { Session } from '../pg/session.ts'
import { sqlIn } from '../rewrite/embedded-sql.ts'
import { temporaryIn, temporaryTables } from '../rewrite/temporary.ts'
import { Parser } from '../sql/parser.ts'
import type { BodyFacts } from '../survey/bodies.ts'
import type { Facts } from '../survey/facts.ts'
import { analyse, type Hit } from './analyse.ts'
import { breaking, type Breaking } from './breaking.ts'
import { readGround, type Examined, type Ground } from './evidence.ts'
import type { Lookup } from './known.ts'
import { lookupFor, pathOf } from './names.ts'

/** What a body runs, looked at as statements of clients are. */
export interface ExaminedBody {
  readonly oid: number
  readonly signature: string
  /** Its statements that would break under some policy. */
  readonly examined: readonly Examined[]
  /** Those that would under the policy of their table. */
  readonly breaking: readonly Breaking[]
  /** Why not all that it runs could be looked at. */
  readonly unknown: string | undefined
}

const known = new WeakMap<Facts, Promise<ExaminedBody[]>>()
const grounds = new WeakMap<Facts, Promise<Ground>>()

/** The bodies that may name tables of the plan, looked at. Several rules ask, of one survey: it is done once. */
export function examinedBodies(session: Session, facts: Facts): Promise<ExaminedBody[]> {
  const found = known.get(facts) ?? examineAll(session, facts)
  known.set(facts, found)
  return found
}

/** The ground that statements and bodies have in common; once the old names are gone nothing more can break. */
export function groundOf(session: Session, facts: Facts): Promise<Ground> {
  const candidates = facts.tables.filter(({ location }) => location.stand !== 'contracted')
  const found = grounds.get(facts) ?? readGround(session, candidates)
  grounds.set(facts, found)
  return found
}

async function examineAll(session: Session, facts: Facts): Promise<ExaminedBody[]> {
  if (facts.bodies.length === 0) return []
  const read = await groundOf(session, facts)
  // What finds the new name first works on the table itself from the switch on.
  const namesakes = new Map(read.namesakes)
  for (const { name, target } of facts.tables)
    namesakes.set(name, new Set([...(namesakes.get(name) ?? []), target]))
  const parser = await Parser.load()
  const bodies: ExaminedBody[] = []
  for (const body of facts.bodies) {
    const { oid, signature } = body
    const { examined, unknown } = await examineBody(parser, { ...read, namesakes }, body)
    bodies.push({ oid, signature, examined, unknown, breaking: breaking(examined, facts.server.major) })
  }
  return bodies
}

async function examineBody(
  parser: Parser,
  ground: Ground,
  body: BodyFacts,
): Promise<Pick<ExaminedBody, 'examined' | 'unknown'>> {
  await parser.ready()
  const { statements, unknown } = sqlIn(parser, body)
  const lookups = lookupsOf(ground, body)
  const examined: Examined[] = []
  let problem = unknown
  for (const sql of statements) {
    const hits = new Map<string, Hit>()
    for (const lookup of lookups) {
      const found = await analyse(parser, sql, lookup)
      if ('unparsable' in found) problem ??= found.unparsable
      else for (const hit of found.hits) hits.set(JSON.stringify([hit.trap.id, hit.table]), hit)
    }
    if (hits.size === 0) continue
    const found = [...hits.values()]
    // Who calls it with which search_path is not known, so that it speaks for no policy that needs one.
    const names = found.map(({ table }) => ({ table, isQualified: true }))
    examined.push({ statement: { sql, role: '', calls: 0 }, hits: found, names })
  }
  return { examined, unknown: problem }
}

/** What names mean in a body: by its own path, or by each that a caller may have. */
function lookupsOf({ tables, paths, namesakes }: Ground, body: BodyFacts): Lookup[] {
  const settings =
    body.path === null
      ? [
          pathOf(pathInForce(paths, null), ''),
          ...paths.settings.map(({ path, role }) => pathOf(path, role ?? '')),
        ]
      : [pathOf(body.path, '')]
  const different = new Map(settings.map((path) => [JSON.stringify(path), path]))
  const hidden = new Set([
    ...body.transitionTables,
    ...temporaryIn(body.source),
    ...temporaryTables(body.source),
  ])
  return [...different.values()].map((path) => {
    const lookup = lookupFor(tables, path, namesakes)
    return {
      ...lookup,
      table: (schema, name) =>
        schema === undefined && hidden.has(name) ? undefined : lookup.table(schema, name),
    }
  })
}
