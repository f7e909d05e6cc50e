import { isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document, Node } from 'yaml'
import type { Place } from '../errors/migrate-error.ts'
import type { PlanPath } from './plan.ts'
import type { Problem } from './problem.ts'
import { syntaxFindings } from './syntax.ts'

/** A YAML text as plain data which still knows where each value is written. */
export interface PlanSource {
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** False when the syntax is so broken that what was read of the rest means nothing. */
  readonly isReadable: boolean
  /** A scalar or list item itself; for a mapping or list under a key, that key. */
  place(path: PlanPath): Place
  keyPlace(path: PlanPath): Place
}

/** Reads YAML 1.2 and never throws: what is wrong is in `problems`. */
export function parseSource(file: string, text: string): PlanSource {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })

  function placeAt(offset: number): Place {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  function placeOf(path: PlanPath, wanted: 'key' | 'value'): Place {
    const { key, node } = locate(document, path)
    const isShown = isScalar(node) || isAlias(node)
    const shown = wanted === 'value' && isShown && !isEmpty(node) ? node : (key ?? node)
    return placeAt(shown?.range?.[0] ?? 0)
  }

  const syntax = syntaxFindings(document, text)
  const problems = syntax.map(({ offset, message }) => problem(placeAt(offset), message))
  let isReadable = syntax.every(({ isFatal }) => !isFatal)
  let value: unknown
  try {
    if (isReadable) value = document.toJS({ maxAliasCount: 100 })
  } catch {
    isReadable = false
    problems.push(problem(placeAt(0), 'the aliases of this document repeat too much'))
  }
  return {
    value,
    problems,
    isReadable,
    place: (path) => placeOf(path, 'value'),
    keyPlace: (path) => placeOf(path, 'key'),
  }
}

function problem(place: Place, message: string): Problem {
  return { code: 'plan-invalid', message, place }
}

interface Located {
  readonly key: Node | undefined
  readonly node: Node | undefined
}

/** The node at the path, or the deepest one on the way to it. */
function locate(document: Document.Parsed, path: PlanPath): Located {
  let found: Located = { key: undefined, node: document.contents ?? undefined }
  for (const segment of path) {
    const next = child(document, found.node, segment)
    if (next === undefined) return found
    found = next
  }
  return found
}

function child(document: Document, node: Node | undefined, segment: string | number): Located | undefined {
  const parent = isAlias(node) ? node.resolve(document) : node
  if (isMap<Node, Node | null>(parent)) {
    // The last of duplicate keys, because that is the one whose value counts.
    const pair = parent.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(segment))
    return pair && { key: pair.key, node: pair.value ?? undefined }
  }
  const item = isSeq<Node>(parent) ? parent.items[Number(segment)] : undefined
  return item && { key: undefined, node: item }
}

function isEmpty(node: Node): boolean {
  return !isCollection(node) && node.range !== undefined && node.range?.[0] === node.range?.[1]
}
