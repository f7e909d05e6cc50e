import type { Mention } from '../rewrite/mention.ts'
import { outward } from '../rewrite/pieces.ts'
import { rewriteSql } from '../rewrite/rewrite.ts'
import { ambiguousCalls } from './callers.ts'
import type { Context, Decision, HostString } from './context.ts'
import { foreignMark } from './dialect.ts'
import { dynamicRelations, outerPlace } from './dynamic.ts'
import type { Confidence, Finding } from './finding.ts'
import { fragment, relation, statement } from './forms.ts'
import type { Place } from './place.ts'
import type { Readable, Unreadable } from './readable.ts'
import { hasHoleInRelationPosition, isSentence, mayBeSentence, verbOf } from './shape.ts'
import { withRest } from './rest.ts'
import { statementOf } from './source-statement.ts'
import { bareName, inRelationPosition, kept, told } from './told.ts'
import { holeName, virtualOf } from './virtual.ts'

const order: readonly Confidence[] = ['low', 'medium', 'high']

/** Decides every place in a string of a program where the name of something that moves is written. */
export function decideString(context: Context, string: HostString): Decision {
  const text = string.parts
    .map((part) => (part.kind === 'text' ? part.text : (part.masks?.[0] ?? '\uFFFC')))
    .join('')
  const isNaming = context.names.wordsIn(text).length > 0
  if (!isNaming && !(verbOf(text) !== undefined && hasHoleInRelationPosition(text))) return nothing
  const decided = decide(context, string, text)
  return isNaming ? withRest(context, string, decided) : decided
}

const nothing: Decision = { edits: [], findings: [] }

function decide(context: Context, string: HostString, text: string): Decision {
  const { place, start, end, parts } = string
  if (place.kind === 'dotted') return builderArgument(context, string, text)
  const only = parts.length === 1 ? context.names.isName(text.trim()) : undefined
  if (only !== undefined) return bareName(context, string, only)
  const isTable = place.kind === 'table' || place.kind === 'mapping'
  if (isTable && context.names.isNew(text)) return kept(string, context, 'the new name')
  if (isTable && /join/i.test(place.by) && /^\w+\.\w+$/.test(text.trim()))
    return kept(string, context, 'a column')
  if (place.kind === 'table')
    return told(string, context, 'table-argument', `${place.by} takes a name, and no SQL`)
  if (place.kind === 'mapping') return told(string, context, 'orm-mapping', `${place.by} holds it`)
  if (place.kind === 'jpql') return told(string, context, 'jpql', `${place.by} takes a query over entities`)
  if (place.kind === 'prose') return kept(string, context, `text for people: ${place.by}`)
  const virtual = virtualOf(parts)
  const read = statement(context, virtual, text)
  const found = read !== undefined && 'isFragment' in read ? read : fragment(context, virtual, text)
  if (found !== undefined) {
    const confidence = confidenceOf(found.isFragment, place, text)
    return rewritten(context, string, found.form, confidence)
  }
  if (read !== undefined && !('isFragment' in read) && !mayBeSentence(text))
    return unread(context, string, read, text)
  if (isSentence(text)) return kept(string, context, 'text for people')
  const foreign = place.kind === 'database' ? foreignMark(text) : undefined
  if (foreign !== undefined) return kept(string, context, `SQL of another database: ${foreign}`)
  const dynamic: Finding[] =
    hasHoleInRelationPosition(text) && verbOf(text) !== undefined
      ? [{ kind: 'undecided', code: 'dynamic-relation', name: '', start, end, reason: reasonDynamic }]
      : []
  return { edits: [], findings: [...dynamic, ...inRelationPosition(context, string)] }
}

/** `from("users u")`, `leftJoin("users u on …")`, `joins("inner join users …")`: what is written there is put into the SQL as it is. */
function builderArgument(context: Context, string: HostString, text: string): Decision {
  if (context.names.isNew(text)) return kept(string, context, 'the new name')
  const virtual = virtualOf(string.parts)
  const whole = statement(context, virtual, text)
  const found = whole !== undefined && 'isFragment' in whole ? whole : relation(context, virtual)
  if (found === undefined)
    return told(string, context, 'table-argument', `${string.place.by} takes a name, and no SQL`)
  return rewritten(context, string, found.form, 'medium')
}

/** What the parser has stopped at may be what was put in for something unknown; then its own words say nothing. */
function unread(
  context: Context,
  string: HostString,
  { said, stopped, form }: Unreadable,
  text: string,
): Decision {
  const foreign = foreignMark(text)
  if (foreign !== undefined) return kept(string, context, `SQL of another database: ${foreign}`)
  const at = outerPlace(form, stopped)
  const reason = said.includes(holeName) ? 'it cannot be read with what is put in there' : said
  const { findings } = told(string, context, 'parse', `it begins like SQL and cannot be read: ${reason}`)
  return {
    edits: [],
    findings: at === undefined ? findings : findings.map((each) => ({ ...each, stopped: at })),
  }
}

const reasonDynamic = 'the relation is put in when the program runs'

function confidenceOf(isFragment: boolean, { kind, by }: Place, text: string): Confidence {
  if (isFragment) return kind === 'piece' ? 'medium' : 'low'
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
