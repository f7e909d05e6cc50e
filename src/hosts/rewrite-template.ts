import { applyEdits, type Edit } from '../rewrite/mention.ts'
import { rewriteScript } from '../rewrite/rewrite-script.ts'
import { splitScript } from '../rewrite/script.ts'
import { wanted, type Context } from './context.ts'
import { decideString } from './decide-string.ts'
import type { Finding, SourceResult, SourceStatement } from './finding.ts'
import { findingOf, unreadFindings } from './script-findings.ts'
import { partsAround } from './strings.ts'
import { maskTemplate, type Hole } from './templates.ts'

/**
 * A script that a program fills in. Statements in which nothing is put in are those of a script; the others are read as the
 * strings of a program are, with what is put in as far as it can be guessed.
 */
export async function rewriteTemplate(
  context: Context,
  text: string,
  holes: readonly Hole[],
): Promise<SourceResult> {
  const masked = maskTemplate(text, holes)
  const plain = await rewriteScript(context.parser, masked, context.moves, context.around)
  const filled = splitScript(masked).filter(({ start, end }) => holes.some(isWithin({ start, end })))
  const isPlain = (place: Range): boolean => !filled.some((statement) => isWithin(statement)(place))
  const edits: Edit[] = plain.edits.filter(isPlain)
  const findings: Finding[] = [
    ...plain.mentions.filter(isPlain).map(findingOf),
    ...plain.unread.filter(isPlain).flatMap((each) => unreadFindings(context, masked, each)),
    ...namedInHoles(context, text, holes),
  ]
  const statements: SourceStatement[] = []
  for (const { start, end } of filled) {
    await context.parser.ready()
    const parts = partsAround(text, { start, end, isRaw: true, quote: '' }, holes)
    const place = { kind: 'database', by: 'a script' } as const
    const decided = decideString(context, { start, end, parts, place })
    edits.push(...decided.edits)
    findings.push(...decided.findings)
    if (decided.statement !== undefined) statements.push(decided.statement)
  }
  return { text: applyEdits(text, wanted(context, edits)), findings, statements }
}

interface Range {
  readonly start: number
  readonly end: number
}

function isWithin({ start, end }: Range): (place: Range) => boolean {
  return (place) => place.start >= start && place.end <= end
}

/** `{{ ref('users') }}`, `<%= User.table_name %>` */
function namedInHoles({ names }: Context, text: string, holes: readonly Hole[]): Finding[] {
  return holes.flatMap((hole) =>
    names.wordsIn(text.slice(hole.start, hole.end)).map(({ name, start, end }): Finding => ({
      kind: 'undecided',
      code: 'dynamic-name',
      name,
      start: hole.start + start,
      end: hole.start + end,
      reason: 'it stands in what the template puts in',
    })),
  )
}
