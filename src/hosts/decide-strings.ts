import { applyEdits, type Edit } from '../rewrite/mention.ts'
import { wanted, type Context, type HostString } from './context.ts'
import { decideString } from './decide-string.ts'
import type { SourceResult } from './finding.ts'

/** A file with the texts of SQL in it that were found. */
export async function decideStrings(
  context: Context,
  strings: readonly HostString[],
  text: string,
): Promise<SourceResult> {
  const decisions = []
  for (const string of strings) {
    await context.parser.ready()
    decisions.push(decideString(context, string))
  }
  return {
    text: applyEdits(text, wanted(context, once(decisions.flatMap(({ edits }) => edits)))),
    findings: decisions.flatMap((each) => each.findings).toSorted((a, b) => a.start - b.start),
    statements: decisions.flatMap(({ statement }) => statement ?? []),
  }
}

/** One schema may stand beside several names. */
function once(edits: readonly Edit[]): Edit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify(edit), edit])).values()]
}
