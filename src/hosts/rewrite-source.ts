import type { Node, Tree } from 'web-tree-sitter'
import type { Context, HostString } from './context.ts'
import { decideStrings } from './decide-strings.ts'
import type { Finding, SourceResult } from './finding.ts'
import type { Grammars } from './grammars.ts'
import type { Language } from './language.ts'
import { dottedCallsOf } from './libraries.ts'
import { placeOf } from './place.ts'
import { hasHoleInRelationPosition } from './shape.ts'
import { joinedRoot, partsOf } from './strings.ts'

/**
 * Rewrites the SQL in the strings of a source file. Nothing but strings is touched, and of those only what was parsed; the
 * file is read again after it, and left as it was if that shows anything else.
 */
export async function rewriteSource(
  context: Context,
  grammars: Grammars,
  language: Language,
  text: string,
): Promise<SourceResult> {
  const grammar = await grammars.want(language)
  const before = grammars.use(grammar, text, (tree) => ({
    strings: stringsOf(tree, text, language, context),
    outline: outlineOf(tree, language),
  }))
  const { text: changed, findings, statements } = await decideStrings(context, before.strings, text)
  if (changed !== text) {
    const after = grammars.use(grammar, changed, (tree) => outlineOf(tree, language))
    if (after !== before.outline) return { text, findings: findings.map(broken), statements: [] }
  }
  return { text: changed, findings, statements }
}

/** The strings in which something that moves may be named, each once with all that it is joined with. */
function stringsOf(tree: Tree, text: string, language: Language, { names, calls }: Context): HostString[] {
  const isDotted = dottedCallsOf(language.name, text) ?? (() => false)
  const known = { isDotted, own: calls, language: language.name }
  const roots = new Map<number, Node>()
  const joined = new Map<number, Node>()
  for (const node of tree.rootNode.descendantsOfType([...language.strings])) {
    const written = text.slice(node.startIndex, node.endIndex)
    if (!names.mayHold(written) && !mayBeDynamic(written)) continue
    const root = joinedRoot(node, language, joined)
    roots.set(root.id, root)
  }
  return [...roots.values()].map((root) => ({
    start: root.startIndex,
    end: root.endIndex,
    parts: partsOf(root, text, language),
    place: placeOf(root, text, language, known),
  }))
}

/** With its quotes, and before escape sequences are read. */
function mayBeDynamic(written: string): boolean {
  return (
    hasHoleInRelationPosition(written.replaceAll(/[$#]?\{[^}]*\}|\$\w+/g, '\uFFFC')) ||
    /\b(?:from|join|into|update|table)\s*["'`]+$/i.test(written)
  )
}

/** What of a file must be the same after a change: the kinds of its nodes, in order, without what is in strings. */
function outlineOf(tree: Tree, language: Language): string {
  const counts = new Map<string, number>()
  const cursor = tree.walk()
  try {
    for (let isDown = true; ;) {
      if (isDown) {
        const type = cursor.nodeIsMissing ? 'MISSING' : cursor.nodeType
        counts.set(type, (counts.get(type) ?? 0) + 1)
        if (!language.strings.has(type) && cursor.gotoFirstChild()) continue
      }
      isDown = cursor.gotoNextSibling()
      if (!isDown && !cursor.gotoParent()) break
    }
  } finally {
    cursor.delete()
  }
  return JSON.stringify([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function broken(finding: Finding): Finding {
  if (finding.kind !== 'rewritten') return finding
  const { name, start, end } = finding
  return {
    kind: 'undecided',
    code: 'source-broken',
    name,
    start,
    end,
    reason: 'the file would not be read the same after the change',
  }
}
