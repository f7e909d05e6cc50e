import type { Context, Decision, HostString } from './context.ts'
import type { Finding, FindingCode } from './finding.ts'
import type { Moves } from '../rewrite/moves.ts'
import { takesTable } from './place-by-name.ts'
import type { WrittenSchema } from './schema-beside.ts'
import { isInRelationPosition } from './shape.ts'

/** One finding for each name in the string. */
export function told(string: HostString, context: Context, code: FindingCode, reason: string): Decision {
  return {
    edits: [],
    findings: places(string, context).map((place) => ({ kind: 'undecided', code, reason, ...place })),
  }
}

export function kept(string: HostString, context: Context, reason: string): Decision {
  return { edits: [], findings: places(string, context).map((place) => ({ kind: 'kept', reason, ...place })) }
}

/** Of a text that is no SQL as a whole: a name behind FROM is told all the same, unless a sentence has it. */
export function inRelationPosition({ names, moves }: Context, { parts }: HostString): Finding[] {
  return parts.flatMap((part) =>
    part.kind === 'hole'
      ? []
      : names
          .wordsIn(part.text)
          .filter(({ start }) => isInRelationPosition(part.text.slice(0, start), moves.sources))
          .map(({ name, start, end }): Finding => ({
            kind: 'undecided',
            code: 'low-confidence',
            name,
            start: part.places[start]!,
            end: part.places[end] ?? part.end,
            reason: 'it stands where SQL has a relation, and the text cannot be read',
          })),
  )
}

function places({ parts }: HostString, { names }: Context): { name: string; start: number; end: number }[] {
  return parts.flatMap((part) =>
    part.kind === 'hole'
      ? []
      : names.wordsIn(part.text).map(({ name, start, end }) => ({
          name,
          start: part.places[start]!,
          end: part.places[end] ?? part.end,
        })),
  )
}

/** `"users"` alone: what it is for is told by where it stands. */
export function bareName(
  { moves }: Context,
  { place, start, end }: HostString,
  { name, isQualified }: { name: string; isQualified: boolean },
): Decision {
  const undecided = (code: FindingCode, reason: string): Decision => ({
    edits: [],
    findings: [{ kind: 'undecided', code, name, start, end, reason }],
  })
  const keep = (reason: string): Decision => ({
    edits: [],
    findings: [{ kind: 'kept', name, start, end, reason }],
  })
  const { kind, by, schema } = place
  if (kind === 'table' || kind === 'mapping') {
    if (schema !== undefined && !isQualified) return withSchema(moves, schema, { name, start, end })
    return kind === 'table'
      ? undecided('table-argument', `${by} takes a name, and no SQL`)
      : undecided('orm-mapping', `${by} holds it`)
  }
  if (isQualified) return undecided('table-argument', 'the name with its old schema')
  if (takesTable(place)) return undecided('table-argument', `${by} seems to take the name of a table`)
  if (kind === 'key') return keep('a key')
  if (kind === 'prose') return keep('text for people')
  if (kind === 'other') return keep(`${by} takes no name of a table`)
  if (kind === 'annotation' || by.startsWith('@')) return keep(`${by} maps no table`)
  return undecided('name-only', 'a string that is the name and nothing else')
}

/** The schema that stands beside the name is the one to change. */
function withSchema(
  moves: Moves,
  { value, start, end }: WrittenSchema,
  place: { readonly name: string; readonly start: number; readonly end: number },
): Decision {
  const move = moves.find('relation', value, place.name)
  if (move === undefined) {
    const reason = moves.targets.has(value) ? 'in its new schema' : 'of another schema'
    return { edits: [], findings: [{ ...place, kind: 'kept', reason }] }
  }
  if (!/^\w+$/.test(move.target))
    return {
      edits: [],
      findings: [
        { ...place, kind: 'undecided', code: 'unwritable', reason: 'its schema cannot be written here' },
      ],
    }
  return {
    edits: [{ start, end, text: move.target }],
    findings: [{ ...place, kind: 'rewritten', confidence: 'high', reason: 'by the schema beside it' }],
  }
}
