import type { Context, Decision, HostString } from './context.ts'
import type { Finding, FindingCode } from './finding.ts'
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
  { place, start, end }: HostString,
  { name, isQualified }: { name: string; isQualified: boolean },
): Decision {
  const undecided = (code: FindingCode, reason: string): Decision => ({
    edits: [],
    findings: [{ kind: 'undecided', code, name, start, end, reason }],
  })
  if (place.kind === 'table') return undecided('table-argument', `${place.by} takes a name, and no SQL`)
  if (place.kind === 'mapping') return undecided('orm-mapping', `${place.by} holds it`)
  if (isQualified) return undecided('table-argument', 'the name with its old schema')
  if (place.kind === 'key' || place.kind === 'prose')
    return {
      edits: [],
      findings: [
        { kind: 'kept', name, start, end, reason: place.kind === 'key' ? 'a key' : 'text for people' },
      ],
    }
  return undecided('name-only', 'a string that is the name and nothing else')
}
