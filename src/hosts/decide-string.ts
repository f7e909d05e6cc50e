import type { Mention } from '../rewrite/mention.ts'
import { outward } from '../rewrite/pieces.ts'
import { rewriteSql } from '../rewrite/rewrite.ts'
import { ambiguousCalls } from './callers.ts'
import type { Context, Decision, HostString } from './context.ts'
import { dynamicRelations } from './dynamic.ts'
import type { Confidence, Finding } from './finding.ts'
import { fragment, statement } from './forms.ts'
import type { Place } from './place.ts'
import type { Readable } from './readable.ts'
import { hasHoleInRelationPosition, mayBeSentence, verbOf } from './shape.ts'
import { withRest } from './rest.ts'
import { statementOf } from './source-statement.ts'
import { bareName, inRelationPosition, kept, told } from './told.ts'
import { virtualOf } from './virtual.ts'

const order: readonly Confidence[] = ['low', 'medium', 'high']

/** Decides every place in a string of a program where the name of something that moves is written. */
export function decideString(context: Context, string: HostString): Decision {
  const text = string.parts.map((part) => (part.kind === 'text' ? part.text : '\uFFFC')).join('')
  const isNaming = context.names.wordsIn(text).length > 0
  if (!isNaming && !(verbOf(text) !== undefined && hasHoleInRelationPosition(text))) return nothing
  const decided = decide(context, string, text)
  return isNaming ? withRest(context, string, decided) : decided
}

const nothing: Decision = { edits: [], findings: [] }

function decide(context: Context, string: HostString, text: string): Decision {
  const { place, start, end, parts } = string
  const only = parts.length === 1 ? context.names.isName(text.trim()) : undefined
  if (only !== undefined) return bareName(string, only)
  if (place.kind === 'table')
    return told(string, context, 'table-argument', `${place.by} takes a name, and no SQL`)
  if (place.kind === 'mapping') return told(string, context, 'orm-mapping', `${place.by} holds it`)
  if (place.kind === 'jpql') return told(string, context, 'jpql', `${place.by} takes a query over entities`)
  if (place.kind === 'prose') return kept(string, context, `text for people: ${place.by}`)
  const virtual = virtualOf(parts)
  const found = statement(context, virtual, text) ?? fragment(context, virtual, text)
  if (found !== undefined) {
    const confidence = confidenceOf(found.isFragment, place, text)
    return rewritten(context, string, found.form, confidence)
  }
  if (verbOf(text) !== undefined && !mayBeSentence(text))
    return told(string, context, 'parse', 'it begins like SQL and cannot be read')
  const dynamic: Finding[] =
    hasHoleInRelationPosition(text) && verbOf(text) !== undefined
      ? [{ kind: 'undecided', code: 'dynamic-relation', name: '', start, end, reason: reasonDynamic }]
      : []
  return { edits: [], findings: [...dynamic, ...inRelationPosition(context, string)] }
}

const reasonDynamic = 'the relation is put in when the program runs'

function confidenceOf(isFragment: boolean, { kind, by }: Place, text: string): Confidence {
  if (isFragment) return 'low'
  if (mayBeSentence(text)) return kind === 'database' && !ambiguousCalls.test(by) ? 'high' : 'low'
  return kind === 'database' ? 'high' : 'medium'
}

function rewritten(
  context: Context,
  string: HostString,
  { virtual, statements }: Readable,
  confidence: Confidence,
): Decision {
  const found = rewriteSql(context, virtual.text)
  if (found.problem !== undefined) return told(string, context, 'parse', found.problem)
  const moved = outward(virtual.pieces, found.edits, found.mentions)
  const isWritable = string.parts.every(
    (part) => part.kind === 'hole' || found.edits.every(({ text }) => part.encode(text) !== undefined),
  )
  if (moved === undefined || !isWritable)
    return told(string, context, 'unwritable', 'the new name cannot be written here')
  const dynamic = dynamicRelations(virtual, statements)
  const isTaken = order.indexOf(confidence) >= order.indexOf(context.least)
  const findings = moved.mentions.flatMap((mention) =>
    dynamic.some(({ start, end }) => start <= mention.start && mention.end <= end)
      ? []
      : [findingOf(mention, confidence, isTaken)],
  )
  return {
    edits: isTaken ? moved.edits : [],
    findings: [...dynamic, ...findings],
    ...(context.hasStatements && isTaken
      ? { statement: statementOf(context, string, virtual, confidence) }
      : {}),
  }
}

function findingOf(
  { kind, name, start, end, reason }: Mention,
  confidence: Confidence,
  isTaken: boolean,
): Finding {
  if (kind === 'kept') return { kind, name, start, end, reason }
  if (kind === 'undecided') {
    const code = reason.startsWith('a string that may') ? 'sql-literal' : 'in-sql'
    return { kind, code, name, start, end, reason }
  }
  if (isTaken) return { kind, confidence, name, start, end, reason }
  return { kind: 'undecided', code: 'low-confidence', name, start, end, reason: `${confidence} confidence` }
}
