import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { surroundings } from '../../src/rewrite/decide.ts'
import { rewriteScript, type ScriptResult } from '../../src/rewrite/rewrite-script.ts'
import { Parser } from '../../src/sql/parser.ts'
import { preamble } from './compare.ts'
import { movesOf, namesFor, type Made, type Spread } from './moved.ts'

export interface RewrittenSuite {
  readonly statements: number
  readonly edits: number
  readonly milliseconds: number
  /** What became of each script, by its name. */
  readonly reports: ReadonlyMap<string, Report>
}

export interface Report extends ScriptResult {
  /** The script as it was. */
  readonly source: string
}

/** Changes the script of this name. */
export type Rewrite = (script: string, text: string) => Promise<ScriptResult>

/** The rewriter itself. */
export async function rewriterFor(made: Made, spread: Spread): Promise<Rewrite> {
  return rewriterWith(rewriteScript, await Parser.load(), made, spread)
}

/** A rewriter, told to find SQL in the arguments of every function. */
export function rewriterWith(
  rewrite: typeof rewriteScript,
  parser: Parser,
  made: Made,
  spread: Spread,
): Rewrite {
  const around = surroundings(['public'], { runsSql: 'all' })
  return (script, text) => rewrite(parser, text, movesOf(namesFor(made, script), spread), around)
}

/** Makes a copy of the suite in which every script is rewritten, and the schemas are made first. */
export async function rewriteSuite(
  from: string,
  to: string,
  schemas: readonly string[],
  rewrite: Rewrite,
): Promise<RewrittenSuite> {
  await rm(to, { recursive: true, force: true })
  await mkdir(to, { recursive: true })
  await cp(from, to, { recursive: true })
  const reports = new Map<string, Report>()
  const began = performance.now()
  for (const file of (await readdir(join(from, 'sql'))).filter((each) => each.endsWith('.sql'))) {
    const bytes = await readFile(join(from, 'sql', file))
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const name = file.slice(0, -4)
    reports.set(name, { ...(await rewrite(name, text)), source: text })
  }
  const milliseconds = performance.now() - began
  for (const [name, report] of reports) {
    const head = name === 'test_setup' && schemas[0] !== 'public' ? preamble(schemas) : ''
    await writeFile(join(to, 'sql', `${name}.sql`), head + report.text)
  }
  const all = [...reports.values()]
  return {
    statements: all.reduce((sum, report) => sum + report.statements, 0),
    edits: all.reduce(
      (sum, report) => sum + report.mentions.filter(({ kind }) => kind === 'rewritten').length,
      0,
    ),
    milliseconds,
    reports,
  }
}

/** Leaves scripts as they are: what differs then is due to the way of comparing. */
export const unchanged: Rewrite = (_script, text) =>
  Promise.resolve({ text, statements: 0, edits: [], mentions: [], unread: [] })
