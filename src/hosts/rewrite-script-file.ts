import { applyEdits } from '../rewrite/mention.ts'
import { maskVariables } from '../rewrite/psql-variables.ts'
import { rewriteScript } from '../rewrite/rewrite-script.ts'
import { splitScript } from '../rewrite/script.ts'
import { wanted, type Context } from './context.ts'
import type { Finding, SourceResult } from './finding.ts'
import { rewriteTemplate } from './rewrite-template.ts'
import { findingOf, unreadFindings } from './script-findings.ts'
import { holesIn } from './templates.ts'

/** A file of SQL. One with a template's marks is read as a template where it cannot be read as it is. */
export async function rewriteScriptFile(
  context: Context,
  text: string,
  isTemplate: boolean,
): Promise<SourceResult> {
  // A byte order mark is no SQL.
  const mark = text.startsWith('\uFEFF') ? 1 : 0
  const sql = text.slice(mark)
  const { parser, moves, around, isIgnored = () => false } = context
  const inner = { ...context, isIgnored: (place: number) => isIgnored(place + mark) }
  const result = await rewriteScript(parser, sql, moves, around)
  const changed = applyEdits(sql, wanted(inner, result.edits))
  const holes = holesIn(sql)
  const isRead = !isTemplate && result.unread.every(({ isSuspect }) => !isSuspect)
  const found =
    holes.length > 0 && !isRead
      ? await rewriteTemplate(inner, sql, holes)
      : {
          text: changed,
          findings: [
            ...result.mentions.map(findingOf),
            ...result.unread.flatMap((each) => unreadFindings(context, sql, each)),
          ],
          statements: statementsOf(changed),
        }
  const shift = (each: Finding): Finding => ({
    ...each,
    start: each.start + mark,
    end: each.end + mark,
    ...(each.stopped === undefined ? {} : { stopped: each.stopped + mark }),
  })
  return {
    text: text.slice(0, mark) + found.text,
    findings: found.findings.map(shift).toSorted((a, b) => a.start - b.start),
    statements: found.statements.map((each) => ({ ...each, start: each.start + mark })),
  }
}

function statementsOf(sql: string): SourceResult['statements'] {
  return splitScript(sql)
    .filter(({ commands, isCommand }) => commands.length === 0 && !isCommand)
    .map(({ start, end }) => ({ sql: maskVariables(sql.slice(start, end)), start, hasHoles: false }))
}
