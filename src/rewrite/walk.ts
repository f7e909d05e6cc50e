import { bodyOf, isNode, list, text, untag, words, type Node } from '../sql/tree.ts'
import { optionMeaning } from './definition-options.ts'
import { namesIn } from './placeless.ts'
import { isOfNewSchema, type Site, type TextSite } from './site.ts'
import type { NameClass } from './moves.ts'
import { regArgument, regTypes } from './reg.ts'

export interface Found {
  readonly sites: Site[]
  readonly texts: TextSite[]
  /** Names that are known only when the statement runs. */
  readonly unknown: { readonly at: { readonly byte: number }; readonly of: NameClass }[]
}

const manipulations = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])
const none: ReadonlySet<string> = new Set()

/** Everything in a statement that names relations, types and routines, or may do so in a string. */
export function findSites(statement: Node): Found {
  const found: Found = { sites: [], texts: [], unknown: [] }
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

/** What CREATE and SELECT INTO make, under this word of the grammar. */
function making(key: string, more: Partial<Site> = { isMade: true }): Special {
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
        ...more,
      })
  }
}

const special: Readonly<Record<string, Special>> = {
  CreateStmt: making('relation'),
  CreateSeqStmt: making('sequence'),
  CompositeTypeStmt: making('typevar', { isMade: true, isComposite: true }),
  // ALTER TYPE … ADD ATTRIBUTE and RENAME ATTRIBUTE.
  AlterTableStmt: making('relation', { isComposite: true }),
  RenameStmt: making('relation', { isComposite: true }),
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
    const args = list(body['args'])
    const reg = regArgument(named.at(-1)!, args.length)
    for (const [index, argument] of args.entries())
      visitText(argument, index === reg?.index ? reg.of : 'sql', found, {
        argumentOf: named.at(-1)!,
        argument: index,
      })
  },
  // `oid::regclass in ('users', 'orders')`: strings beside a name are names.
  A_Expr(body, hidden, found) {
    visitFields(body, hidden, found)
    const sides = [body['lexpr'], body['rexpr']]
    const input = sides.map(regCast).find((each) => each !== undefined)
    const isEquality = ['AEXPR_OP', 'AEXPR_IN'].includes(text(body['kind']) ?? '')
    const output = isEquality ? sides.map(regText).find((each) => each !== undefined) : undefined
    const meaning = input ?? output
    if (meaning === undefined) return
    const more = input === undefined ? ({ isOutput: true } as const) : {}
    for (const side of sides)
      for (const value of bodyOf(side, 'List') === undefined ? [side] : list(bodyOf(side, 'List')!['items']))
        if (bodyOf(value, 'A_Const') !== undefined) visitText(value, meaning, found, more)
  },
  TypeCast(body, hidden, found) {
    visitFields(body, hidden, found)
    const meaning = regCast({ TypeCast: body })
    if (meaning === undefined) return
    visitText(body['arg'], meaning, found)
    if (isMadeAtRunTime(body['arg']) && typeof body['location'] === 'number')
      found.unknown.push({ at: { byte: body['location'] }, of: meaning })
  },
  // Names of another server.
  ImportForeignSchemaStmt: () => undefined,
  CreateSchemaStmt(body, hidden, found) {
    const inner: Found = { ...found, sites: [] }
    visit(body['schemaElts'], hidden, inner)
    found.sites.push(...inner.sites.filter((each) => !isOfNewSchema(each, inner.sites)))
  },
  // FOR UPDATE OF takes names of FROM, and a schema there is an error.
  LockingClause: () => undefined,
  DefElem(body, hidden, found) {
    const type = bodyOf(body['arg'], 'TypeName')
    const meaning = type === undefined ? 'type' : optionMeaning(text(body['defname']) ?? '')
    if (meaning === 'type') visitFields(body, hidden, found)
    else if (meaning === 'routine') {
      const named = words(type!['names'])
      found.sites.push({ class: 'routine', words: named, hidden: none, at: placeOf(type!, named) })
    }
  },
}

/** What a value that is cast to regclass or one of its kin is the name of. */
function regCast(value: unknown): NameClass | undefined {
  const type = bodyOf(value, 'TypeCast')?.['typeName']
  const name = isNode(type) ? words(type['names']).at(-1) : undefined
  return name !== undefined && Object.hasOwn(regTypes, name) ? regTypes[name] : undefined
}

/**
 * Whether what is cast to regclass is a text that is not written here: a parameter, a column that holds names, something put
 * together. A column is taken for an OID when it is called like one.
 */
function isMadeAtRunTime(value: unknown): boolean {
  const [tag, body] = isNode(value) ? untag(value) : ['', {}]
  if (tag === 'TypeCast')
    return (
      words(isNode(body['typeName']) ? body['typeName']['names'] : []).at(-1) !== 'oid' &&
      isMadeAtRunTime(body['arg'])
    )
  if (tag === 'ColumnRef') return !/id$|^inhparent$/.test(words(body['fields']).at(-1) ?? '')
  if (tag === 'A_Expr') return true
  return (
    tag === 'ParamRef' ||
    (tag === 'FuncCall' &&
      /^(?:quote_ident|format|concat|concat_ws)$/.test(words(body['funcname']).at(-1) ?? ''))
  )
}

/** What a value names whose text is taken: `tableoid::regclass::text`. */
function regText(value: unknown): NameClass | undefined {
  const cast = bodyOf(value, 'TypeCast')
  const type = isNode(cast?.['typeName']) ? words(cast['typeName']['names']).at(-1) : undefined
  return ['text', 'varchar', 'name'].includes(type ?? '') ? regCast(cast!['arg']) : undefined
}

/** A constant, or one that was cast to text. */
function visitText(
  value: unknown,
  meaning: TextSite['meaning'],
  { texts }: Found,
  argument: Pick<TextSite, 'argumentOf' | 'argument' | 'isOutput'> = {},
): void {
  if (!isNode(value)) return
  const [tag, body] = untag(value)
  if (tag === 'TypeCast') {
    visitText(body['arg'], meaning, { sites: [], texts, unknown: [] }, argument)
    return
  }
  const constant = tag === 'A_Const' && isNode(body['sval']) ? text(body['sval']['sval']) : undefined
  if (constant === undefined || typeof body['location'] !== 'number') return
  texts.push({
    meaning,
    value: constant,
    at: { byte: body['location'] },
    ...argument,
  })
}

function relationWords(body: Node): string[] {
  return ['catalogname', 'schemaname', 'relname'].flatMap((key) => text(body[key]) ?? [])
}

function placeOf({ location }: Node, search: readonly string[]): Site['at'] {
  // A location of 0 is left out of the tree; a statement cannot begin with a name, so that it is none.
  return typeof location === 'number' && location >= 0 ? { byte: location } : { search }
}
