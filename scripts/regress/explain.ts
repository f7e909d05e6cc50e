import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Hunk } from './compare.ts'
import type { Report, RewrittenSuite } from './rewritten.ts'

const list = z.array(
  z.strictObject({
    reason: z.string().min(20),
    /** Hunks by the script that they are in. */
    hunks: z.record(z.string(), z.array(z.string())),
  }),
)

/** Why each known difference is there, by the hunk’s id. */
export async function readReasons(): Promise<Map<string, string>> {
  const text = await readFile(join(import.meta.dirname, 'reasons.yaml'), 'utf8')
  const entries = list.parse(parse(text))
  return new Map(
    entries.flatMap(({ reason, hunks }) =>
      Object.values(hunks).flatMap((ids) => ids.map((id): [string, string] => [id, reason])),
    ),
  )
}

/** A relation or type that was not found in a run, and of which the rewriter had said nothing. */
export interface SilentMiss {
  readonly file: string
  readonly name: string
}

const missing =
  /^\+ERROR: (?:(?:materialized |foreign )?(?:relation|table|view|index|sequence|type)) "([^"]+)" does not exist/

/** Reasons for which a name is kept that depend on what the script has done before. */
const uncertain = /temporary|another of that name|pg_catalog|another schema/

/**
 * Names that were missed in silence: what was not found must be among what the rewriter could not decide, or stand in
 * something that it could not read, or have been kept for what the script did before it.
 */
export function silentMisses(hunks: readonly Hunk[], { reports }: RewrittenSuite): SilentMiss[] {
  return hunks.flatMap(({ file, lines }) =>
    lines.flatMap((line): SilentMiss[] => {
      const name = missing.exec(line)?.[1]?.replace(/^.*\./, '').replaceAll(/[[\]]/g, '')
      const report = reports.get(file)
      if (name === undefined || report === undefined) return []
      return isTold(name, report) ? [] : [{ file, name }]
    }),
  )
}

function isTold(name: string, { mentions, unread, source }: Report): boolean {
  const holds = ({ start, end }: { start: number; end: number }): boolean =>
    source.slice(start, end).toLowerCase().includes(name)
  return (
    unread.some(holds) ||
    mentions.some(({ kind, reason, ...mention }) => {
      if (kind === 'kept') return mention.name === name && uncertain.test(reason)
      // What is known only at run time, or stands in another language, is told without names.
      return (
        kind === 'undecided' &&
        (holds(mention) || /put together|made elsewhere|only when it runs|a body in/.test(reason))
      )
    })
  )
}
