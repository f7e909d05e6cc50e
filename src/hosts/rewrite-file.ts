import { rewriteScript } from '../rewrite/rewrite-script.ts'
import { maskVariables } from '../rewrite/psql-variables.ts'
import { splitScript } from '../rewrite/script.ts'
import type { Context } from './context.ts'
import type { Finding, SourceResult } from './finding.ts'
import type { Grammars } from './grammars.ts'
import { languageOf, languages } from './languages.ts'
import { rewriteSource } from './rewrite-source.ts'

const scripts = ['.sql', '.psql', '.pgsql']

/** Ends of the names of files that are read. */
export const knownExtensions: readonly string[] = [
  ...scripts,
  ...languages.flatMap(({ extensions }) => extensions),
]

/** Rewrites a file by the end of its name; undefined for one of an unknown language. */
export async function rewriteFile(
  context: Context,
  grammars: Grammars,
  extension: string,
  text: string,
): Promise<SourceResult | undefined> {
  if (!context.names.mayHold(text)) return { text, findings: [], statements: [] }
  const language = languageOf(extension)
  const result = scripts.includes(extension.toLowerCase())
    ? await script(context, text)
    : language === undefined
      ? undefined
      : await rewriteSource(context, grammars, language, text)
  return result && { ...result, findings: result.findings.map((finding) => reviewed(finding, text)) }
}

/** What could not be read is told for each name in it. */
async function script(context: Context, text: string): Promise<SourceResult> {
  const { parser, moves, around, names } = context
  // A byte order mark is no SQL.
  const mark = text.startsWith('\uFEFF') ? 1 : 0
  const result = await rewriteScript(parser, text.slice(mark), moves, around)
  const findings: Finding[] = [
    ...result.mentions.map((mention): Finding => {
      const place = {
        name: mention.name,
        start: mention.start + mark,
        end: mention.end + mark,
        reason: mention.reason,
      }
      if (mention.kind === 'rewritten') return { ...place, kind: 'rewritten', confidence: 'high' }
      if (mention.kind === 'kept') return { ...place, kind: 'kept' }
      return {
        ...place,
        kind: 'undecided',
        code: mention.reason.startsWith('a string that may') ? 'sql-literal' : 'in-sql',
      }
    }),
    ...result.unread.flatMap(({ start, end, reason }) =>
      names.wordsIn(text.slice(start + mark, end + mark)).map((word): Finding => ({
        kind: 'undecided',
        code: 'parse',
        name: word.name,
        start: start + mark + word.start,
        end: start + mark + word.end,
        reason,
      })),
    ),
  ]
  const statements = splitScript(result.text)
    .filter(({ commands, isCommand }) => commands.length === 0 && !isCommand)
    .map(({ start, end }) => ({
      sql: maskVariables(result.text.slice(start, end)),
      start: start + mark,
      hasHoles: false,
    }))
  return {
    text: text.slice(0, mark) + result.text,
    findings: findings.toSorted((a, b) => a.start - b.start),
    statements,
  }
}

/** A person has looked at what could not be decided, and says so in a comment on its line or in one right above it. */
const reviewMark = 'migrate: reviewed'
const commentLine = /^[ \t]*(?:#|\/\/|--|\/?\*)/

function reviewed(finding: Finding, text: string): Finding {
  if (finding.kind !== 'undecided') return finding
  const start = text.lastIndexOf('\n', finding.start - 1) + 1
  const end = text.indexOf('\n', finding.start)
  const above = start === 0 ? '' : text.slice(text.lastIndexOf('\n', start - 2) + 1, start)
  const isReviewed =
    text.slice(start, end < 0 ? text.length : end).includes(reviewMark) ||
    (above.includes(reviewMark) && commentLine.test(above))
  if (!isReviewed) return finding
  const { name, start: from, end: to } = finding
  return { kind: 'kept', name, start: from, end: to, reason: 'reviewed' }
}
