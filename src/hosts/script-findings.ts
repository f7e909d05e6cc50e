import type { Mention } from '../rewrite/mention.ts'
import type { Unread } from '../rewrite/rewrite-script.ts'
import type { Context } from './context.ts'
import type { Finding } from './finding.ts'

/** What became of a name in a script. */
export function findingOf({ kind, name, start, end, reason }: Mention): Finding {
  const place = { name, start, end, reason }
  if (kind === 'rewritten') return { ...place, kind, confidence: 'high' }
  if (kind === 'kept') return { ...place, kind }
  return { ...place, kind, code: reason.startsWith('a string that may') ? 'sql-literal' : 'in-sql' }
}

/** What could not be read is told for each name in it. */
export function unreadFindings(
  { names }: Context,
  sql: string,
  { start, end, reason, stopped }: Unread,
): Finding[] {
  return names.wordsIn(sql.slice(start, end)).map((word) => ({
    kind: 'undecided',
    code: 'parse',
    name: word.name,
    start: start + word.start,
    end: start + word.end,
    reason,
    ...(stopped === undefined ? {} : { stopped }),
  }))
}
