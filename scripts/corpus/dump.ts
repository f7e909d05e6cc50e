import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { diffLines } from 'diff'
import type { ServerBinaries } from '../cluster/binaries.ts'
import { structureOf } from '../structure/structure.ts'
import type { Difference } from './report.ts'

const run = promisify(execFile)

/** The structure of a database as pg_dump writes it, without what is different in each dump; or, without one, as the catalogs do. */
export async function dumpSchema({ clientBin, canDump }: ServerBinaries, url: string): Promise<string> {
  if (clientBin === undefined || !canDump) return structureOf(url)
  const { stdout } = await run(join(clientBin, 'pg_dump'), ['--schema-only', '--dbname', url], {
    maxBuffer: 1 << 28,
  })
  return stdout.replaceAll(/^\\(un)?restrict .*\n/gm, '')
}

/** Where two dumps differ. */
export function compareDumps(before: string, after: string): Difference[] {
  if (before === after) return []
  const parts = diffLines(before, after)
  return parts.flatMap(({ added, removed, value }, index): Difference[] => {
    const step = 'the structure'
    if (removed) {
      const next = parts[index + 1]
      return [{ step, expected: value.trim(), got: next?.added ? next.value.trim() : 'nothing' }]
    }
    return added && !parts[index - 1]?.removed ? [{ step, expected: 'nothing', got: value.trim() }] : []
  })
}
