import { readStoredBodies, type StoredBody } from '../catalog/bodies.ts'
import { readJobs } from '../catalog/jobs.ts'
import { pathInForce } from '../catalog/search-paths.ts'
import type { Session } from '../pg/session.ts'
import { temporaryIn, temporaryTables } from '../rewrite/temporary.ts'
import { Parser } from '../sql/parser.ts'
import { writtenIn } from '../survey/body.ts'
import type { Facts } from '../survey/facts.ts'
import { analyse, type Hit } from './analyse.ts'
import { groundOf, type Ground } from './evidence.ts'
import type { KnownTable, Lookup, Named } from './known.ts'
import { lookupFor, pathOf } from './names.ts'
import { partsOf, type Unjudged } from './parts.ts'
import { outcomeOf } from './trap.ts'

/** A statement of a body that falls into a trap. */
export interface BodyHit extends Hit {
  readonly line: number
  readonly sql: string
}

/** What a function, a procedure or a job does with the tables of the plan, as far as it can be told. */
export interface JudgedBody {
  /** 0 for a job. */
  readonly oid: number
  readonly name: string
  readonly hits: readonly BodyHit[]
  /** The moved tables that it names. */
  readonly names: readonly Named[]
  /** Is the schema of those without one found by its own search_path? */
  readonly hasPath: boolean
  readonly unjudged: readonly Unjudged[]
  /** Moved tables that may be meant by a word of it. */
  readonly words: readonly KnownTable[]
}

/**
 * Traps that a body does not fall into. What it is prepared for is made anew by each function of the server that keeps plans,
 * so that the type of a row may change; and names that a policy gives up are told by rules of their own.
 */
const notInBodies = new Set(['whole-row', 'qualified-name', 'old-name'])

const known = new WeakMap<Facts, Promise<JudgedBody[]>>()

/** Every body that names a table of the plan, or makes SQL. Several rules ask, of one survey: each is parsed once. */
export function judgedBodies(session: Session, facts: Facts): Promise<JudgedBody[]> {
  const found = known.get(facts) ?? judgeAll(session, facts)
  known.set(facts, found)
  return found
}

async function judgeAll(session: Session, facts: Facts): Promise<JudgedBody[]> {
  const ground = await groundOf(session, facts)
  if (ground.tables.length === 0) return []
  // What finds the new name first works on the table itself from the switch on.
  const namesakes = new Map(ground.namesakes)
  for (const { name, target } of facts.tables)
    namesakes.set(name, new Set([...(namesakes.get(name) ?? []), target]))
  return judgeBodies(session, { ...ground, namesakes })
}

export async function judgeBodies(session: Session, ground: Ground): Promise<JudgedBody[]> {
  const parser = await Parser.shared()
  const judged: JudgedBody[] = []
  for (const body of await readStoredBodies(session, namesOf(ground.tables)))
    judged.push(await judge(parser, ground, body))
  for (const { name, command, role } of await readJobs(session)) {
    const text = { oid: 0, signature: name, language: 'sql', source: command, definition: command }
    judged.push(await judge(parser, ground, { ...text, path: null, transitionTables: [] }, role))
  }
  return judged.filter(({ hits, names, unjudged }) => hits.length + names.length + unjudged.length > 0)
}

function namesOf(tables: readonly KnownTable[]): string[] {
  const names = tables.flatMap(({ name, deferrable, indexes, identitySequences }) => [
    ...[name, ...deferrable, ...indexes],
    ...identitySequences.map((sequence) => sequence.name),
  ])
  return [...new Set(names)]
}

type Text = Pick<
  StoredBody,
  'oid' | 'signature' | 'language' | 'source' | 'definition' | 'path' | 'transitionTables'
>

async function judge(parser: Parser, ground: Ground, body: Text, role?: string): Promise<JudgedBody> {
  await parser.ready()
  const parts = partsOf(parser, body)
  const unjudged = [...parts.unjudged]
  const hits = new Map<string, BodyHit>()
  const names = new Map<KnownTable, Named>()
  const lookups = lookupsFor(ground, body, role)
  for (const { sql, line } of parts.statements) {
    for (const lookup of lookups) {
      const found = await analyse(parser, sql, lookup)
      if ('unparsable' in found) {
        unjudged.push({ line, reason: found.unparsable })
        break
      }
      unjudged.push(...found.unjudged.map((each) => ({ ...each, line: line + each.line - 1 })))
      for (const named of found.names)
        if (names.get(named.table)?.isQualified !== true) names.set(named.table, named)
      for (const hit of found.hits)
        if (!notInBodies.has(hit.trap.id))
          hits.set(`${line} ${hit.trap.id} ${hit.table.schema}.${hit.table.name}`, { ...hit, line, sql })
    }
  }
  const words = new Set(writtenIn(body))
  return {
    ...{ oid: body.oid, name: body.signature, hasPath: body.path !== null },
    hits: [...hits.values()].toSorted((a, b) => a.line - b.line),
    names: [...names.values()],
    unjudged: [...new Map(unjudged.map((each) => [JSON.stringify(each), each])).values()],
    words: ground.tables.filter(({ name }) => words.has(name)),
  }
}

/** One for each search_path by which the body may be run. */
function lookupsFor({ tables, paths, namesakes }: Ground, body: Text, role: string | undefined): Lookup[] {
  const roles = [null, ...paths.settings.flatMap((setting) => setting.role ?? [])]
  const all =
    body.path !== null
      ? [pathOf(body.path, '')]
      : role === undefined
        ? roles.map((each) => pathOf(pathInForce(paths, each), each ?? ''))
        : [pathOf(pathInForce(paths, role), role)]
  const hidden = new Set([
    ...body.transitionTables,
    ...temporaryTables(body.source),
    ...temporaryIn(body.source),
  ])
  const different = new Map(all.map((path) => [JSON.stringify(path), path]))
  return [...different.values()].map((path) => {
    const lookup = lookupFor(tables, path, namesakes)
    return {
      ...lookup,
      table: (schema, name) =>
        schema === undefined && hidden.has(name) ? undefined : lookup.table(schema, name),
    }
  })
}

/** How sure a body is to fail: what a person or a migration runs once is an error in one, unless it goes on in silence. */
export function severityInBody(
  { trap, table }: Hit,
  major: number,
): 'error' | 'warning' | 'info' | undefined {
  const outcome = outcomeOf(trap, table.policy, major)
  if (outcome === undefined) return undefined
  if (table.policy === 'late') return 'info'
  return outcome === 'silent' && trap.severity !== 'error' ? 'warning' : 'error'
}
