import type { Mention } from '../rewrite/mention.ts'
import type { Unread } from '../rewrite/rewrite-script.ts'
import type { Context } from './context.ts'
import { foreignMark } from './dialect.ts'
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
  const written = sql.slice(start, end)
  const foreign = foreignMark(written)
  return names.wordsIn(written).map((word): Finding => {
    const place = { name: word.name, start: start + word.start, end: start + word.end }
    if (foreign !== undefined)
      return { ...place, kind: 'kept', reason: `SQL of another database: ${foreign}` }
    return {
      ...place,
      kind: 'undecided',
      code: 'parse',
      reason,
      ...(stopped === undefined ? {} : { stopped }),
    }
  })
}
