import { isNode, list, text, untag, words, type Node } from '../sql/tree.ts'
import { namesIn } from './placeless.ts'
import type { Site, TextSite } from './site.ts'
import { regArguments, regTypes } from './reg.ts'

export interface Found {
  readonly sites: Site[]
  readonly texts: TextSite[]
}

const manipulations = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])
const none: ReadonlySet<string> = new Set()

/** Everything in a statement that names relations, types and routines, or may do so in a string. */
export function findSites(statement: Node): Found {
  const found: Found = { sites: [], texts: [] }
  visit(statement, none, found)
  return found
}

function visit(value: unknown, hidden: ReadonlySet<string>, found: Found): void {
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) visit(item, hidden, found)
    return
  }
  if (!isNode(value)) return
  const [tag, body] = untag(value)
  found.sites.push(...namesIn(tag, body))
  if (tag === 'SelectStmt' || manipulations.has(tag)) visitQuery(tag, body, hidden, found)
  else if (tag in special) special[tag]!(body, hidden, found)
  else visitFields(body, hidden, found)
}

function visitFields(
  body: Node,
  hidden: ReadonlySet<string>,
  found: Found,
  except: readonly string[] = [],
): void {
  for (const [key, inner] of Object.entries(body)) if (!except.includes(key)) visit(inner, hidden, found)
}

/**
 * A query sees the CTEs around it and its own; one of its CTEs sees those before it, and with RECURSIVE all of them
 * (manual, chapter 7.8). The target of INSERT, UPDATE, DELETE and MERGE, and that of SELECT INTO, is never a CTE.
 */
function visitQuery(tag: string, body: Node, outer: ReadonlySet<string>, found: Found): void {
  const clause = isNode(body['withClause']) ? body['withClause'] : {}
  const entries = list(clause['ctes']).map((entry): Node => (isNode(entry) ? untag(entry)[1] : {}))
  const names = entries.map((entry) => text(entry['ctename']) ?? '')
  const all = new Set([...outer, ...names])
  const seen = new Set(clause['recursive'] === true ? all : outer)
  for (const [index, entry] of entries.entries()) {
    visitFields(entry, seen, found)
    seen.add(names[index]!)
  }
  for (const [key, inner] of Object.entries(body)) {
    if (key === 'withClause') continue
    const isTarget = (manipulations.has(tag) && key === 'relation') || key === 'intoClause'
    visit(inner, isTarget ? none : all, found)
  }
}

type Special = (body: Node, hidden: ReadonlySet<string>, found: Found) => void

const definedTypes = new Set(['basetype', 'stype', 'mstype', 'leftarg', 'rightarg', 'subtype'])

/** What CREATE and SELECT INTO make, under this word of the grammar. */
function making(key: string): Special {
  return (body, hidden, found) => {
    visitFields(body, hidden, found, [key])
    const relation = isNode(body[key]) ? untag(body[key])[1] : {}
    const named = relationWords(relation)
    if (named.length > 0)
      found.sites.push({
        class: 'relation',
        words: named,
        hidden: none,
        at: placeOf(relation, named),
        isMade: true,
      })
  }
}

const special: Readonly<Record<string, Special>> = {
  CreateStmt: making('relation'),
  CreateSeqStmt: making('sequence'),
  ViewStmt: making('view'),
  IntoClause: making('rel'),
  RangeVar(body, hidden, { sites }) {
    sites.push({
      class: 'relation',
      words: relationWords(body),
      hidden,
      at: placeOf(body, relationWords(body)),
    })
  },
  TypeName(body, hidden, found) {
    visitFields(body, hidden, found, ['names'])
    const all = words(body['names'])
    const named = body['pct_type'] === true ? all.slice(0, -1) : all
    if (named.length > 0)
      found.sites.push({
        class: body['pct_type'] === true ? 'relation' : 'type',
        words: named,
        hidden: none,
        at: placeOf(body, named),
      })
  },
  ColumnRef(body, hidden, { sites }) {
    const fields = list(body['fields'])
    const names = words(fields)
    // schema.table.column and schema.table.*; with one word less the table is an alias or a name of FROM.
    if (fields.length >= 3)
      sites.push({
        class: 'relation',
        words: names.slice(0, fields.length - 1),
        hidden,
        at: placeOf(body, names),
      })
  },
  FuncCall(body, hidden, found) {
    const named = words(body['funcname'])
    found.sites.push({ class: 'routine', words: named, hidden: none, at: placeOf(body, named) })
    visitFields(body, hidden, found, ['funcname'])
    const meaning = regArguments(named.at(-1)!)
    for (const [index, argument] of list(body['args']).entries())
      visitText(argument, index === 0 && meaning !== undefined ? meaning : 'sql', found, named.at(-1))
  },
  TypeCast(body, hidden, found) {
    visitFields(body, hidden, found)
    const type = isNode(body['typeName']) ? words(body['typeName']['names']).at(-1) : undefined
    const meaning = type === undefined ? undefined : regTypes[type]
    if (meaning !== undefined) visitText(body['arg'], meaning, found)
  },
  // Names of another server.
  ImportForeignSchemaStmt: () => undefined,
  // What it makes is made in the new schema.
  CreateSchemaStmt: () => undefined,
  // FOR UPDATE OF takes names of FROM, and a schema there is an error.
  LockingClause: () => undefined,
  // Options of CREATE AGGREGATE, OPERATOR, TEXT SEARCH and TYPE are words that the grammar takes for types.
  DefineStmt(body, hidden, found) {
    visit(body['args'], hidden, found)
    for (const element of list(body['definition'])) {
      const option = isNode(element) ? untag(element)[1] : {}
      if (definedTypes.has(text(option['defname']) ?? '')) visit(option['arg'], hidden, found)
    }
  },
}

/** A constant, or one that was cast to text. */
function visitText(
  value: unknown,
  meaning: TextSite['meaning'],
  { texts }: Found,
  argumentOf?: string,
): void {
  if (!isNode(value)) return
  const [tag, body] = untag(value)
  if (tag === 'TypeCast') {
    visitText(body['arg'], meaning, { sites: [], texts }, argumentOf)
    return
  }
  const constant = tag === 'A_Const' && isNode(body['sval']) ? text(body['sval']['sval']) : undefined
  if (constant === undefined || typeof body['location'] !== 'number') return
  texts.push({
    meaning,
    value: constant,
    at: { byte: body['location'] },
    hidden: none,
    ...(argumentOf === undefined ? {} : { argumentOf }),
  })
}

function relationWords(body: Node): string[] {
  return ['catalogname', 'schemaname', 'relname'].flatMap((key) => text(body[key]) ?? [])
}

function placeOf({ location }: Node, search: readonly string[]): Site['at'] {
  // A location of 0 is left out of the tree; a statement cannot begin with a name, so that it is none.
  return typeof location === 'number' && location >= 0 ? { byte: location } : { search }
}
