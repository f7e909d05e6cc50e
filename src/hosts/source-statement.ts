import { applyEdits } from '../rewrite/mention.ts'
import { rewriteSql } from '../rewrite/rewrite.ts'
import type { Context, HostString } from './context.ts'
import type { Confidence, SourceStatement } from './finding.ts'
import { readable } from './readable.ts'
import { virtualOf, withPlaceholders, type Virtual } from './virtual.ts'

/** As the database is to check it: with parameters wherever there may be one. */
export function statementOf(
  context: Context,
  { parts, start }: HostString,
  read: Virtual,
  confidence: Confidence,
): SourceStatement {
  const withParameters = readable(context.parser, withPlaceholders(virtualOf(parts)))
  const virtual = 'virtual' in withParameters ? withParameters.virtual : read
  const { text: plain } = virtual
  const sql = applyEdits(plain, rewriteSql(context, plain).edits)
  const hasHoles =
    confidence === 'low' || virtual.elements.some((each) => each.kind === 'slot' && !each.isPlaceholder)
  return { sql, start, hasHoles: hasHoles || !('virtual' in withParameters) }
}
