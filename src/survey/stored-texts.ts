import { readStoredExpressions, type StoredExpression } from '../catalog/stored-texts.ts'
import { readExisting } from '../catalog/trigger-functions.ts'
import { evaluate } from '../computed/expression.ts'
import { nameIn, type Written } from '../computed/names.ts'
import { Places, type MovedName } from '../computed/place.ts'
import { nameArgument } from '../computed/uses.ts'
import type { Session } from '../pg/session.ts'
import { Parser } from '../sql/parser.ts'
import { bodyOf, isNode, untag } from '../sql/tree.ts'
import { nameKey } from './body-units.ts'

/** A string in an expression that is a name, and what becomes of it. */
export interface StoredText {
  readonly holder: string
  readonly text: string
  /** The phase from which on it leads nowhere; null for one of which nobody knows whether it is a name. */
  readonly failsFrom: 'switch' | 'contract' | null
}

interface Sought {
  readonly moved: readonly MovedName[]
  /** Those, and types and functions, of which nobody knows what becomes of a text. */
  readonly names: readonly { readonly schema: string; readonly name: string }[]
  /** Where names without a schema are looked for. */
  readonly path: readonly string[]
}

const standing = { schema: '', name: '', printed: '', arguments: [] }

/** Judges strings in expressions: one that is made a regclass when the expression runs is found by its text then. */
export async function judgeStoredTexts(
  session: Session,
  { moved, names: all, path }: Sought,
): Promise<StoredText[]> {
  const found = await readStoredExpressions(session, all)
  if (found.length === 0) return []
  const parser = await Parser.shared()
  await parser.ready()
  const names = found.flatMap(({ texts }) => texts.flatMap((text) => nameIn(text) ?? []))
  const asked = names.flatMap(({ schema, name }) =>
    (schema === undefined ? path : [schema]).map((at) => ({ schema: at, name })),
  )
  const known = new Set((await readExisting(session, asked)).map(nameKey))
  const isMoved = new Set(
    moved.flatMap(({ schema, target, name }) => [
      nameKey({ schema, name }),
      nameKey({ schema: target, name }),
    ]),
  )
  const places = new Places(
    moved,
    (schema, name) => !isMoved.has(nameKey({ schema, name })) && known.has(nameKey({ schema, name })),
  )
  return found.flatMap((expression) => judged(parser, expression, places, path))
}

function judged(
  parser: Parser,
  { holder, sql, texts }: StoredExpression,
  places: Places,
  path: readonly string[],
): StoredText[] {
  const parsed = parser.parse(sql)
  const looked =
    'unparsable' in parsed
      ? new Set<string>()
      : new Set(parsed.statements.flatMap(({ tree }) => [...lookedFor(tree)]))
  return [...new Set([...texts, ...looked])].flatMap((text): StoredText[] => {
    const name = nameIn(text)
    if (name === undefined) return []
    const from = places.find(name, path, 'now')
    if (looked.has(text)) {
      if (from === undefined || !places.isLeft(from, name.name)) return []
      const failsFrom = (['switched', 'contracted'] as const).find(
        (time) => places.find(name, path, time) === undefined,
      )
      return failsFrom === undefined
        ? []
        : [{ holder, text, failsFrom: failsFrom === 'switched' ? 'switch' : 'contract' }]
    }
    // A word without a schema is most often none.
    return isQualified(name) ? [{ holder, text, failsFrom: null }] : []
  })
}

function isQualified({ schema }: Written): boolean {
  return schema !== undefined
}

/** The texts that are made a regclass; a constant of that type is an OID. */
function* lookedFor(value: unknown): Generator<string> {
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) yield* lookedFor(item)
    return
  }
  if (!isNode(value)) return
  const [tag, body] = untag(value)
  const name = nameArgument(tag, body)
  if (name !== undefined && !isOid(tag, name))
    for (const each of evaluate(name, { standing, variables: new Map() }))
      if (each?.is === 'text') yield each.text
  for (const inner of Object.values(body)) yield* lookedFor(inner)
}

/** The server prints a constant of type regclass as `'public.t'::regclass`, and one of text with a cast of its own. */
function isOid(tag: string, name: unknown): boolean {
  return tag === 'TypeCast' && bodyOf(name, 'A_Const') !== undefined
}
