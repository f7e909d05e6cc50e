import { createHash } from 'node:crypto'
import { structuredPatch } from 'diff'

/** A place where two runs printed something else. */
export interface Hunk {
  readonly file: string
  /** Short, and the same whenever these lines differ in this way. */
  readonly id: string
  readonly lines: readonly string[]
}

export interface Comparison {
  readonly files: number
  readonly identical: number
  readonly lines: number
  readonly differing: number
  readonly hunks: readonly Hunk[]
}

/**
 * Compares what two runs printed, but for what the move itself changes: the schemas’ names, the places of errors in
 * lines that are longer now, and the widths of columns.
 */
export function compareRuns(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  schemas: readonly string[],
): Comparison {
  const hunks: Hunk[] = []
  let [lines, differing, identical] = [0, 0, 0]
  for (const [file, text] of before) {
    const [old, now] = [plain(text, schemas), plain(after.get(file) ?? '', schemas)]
    lines += old.split('\n').length
    if (old === now) identical += 1
    else {
      const found = hunksOf(file, old, now)
      hunks.push(...found)
      differing += found.reduce((sum, hunk) => sum + hunk.lines.length, 0)
    }
  }
  return { files: before.size, identical, lines, differing, hunks }
}

/** What a run of the suite with schemas of its own begins with. */
export function preamble(schemas: readonly string[]): string {
  return schemas
    .map((schema) => `create schema ${schema}; grant all on schema ${schema} to public;\n`)
    .join('')
}

function plain(text: string, schemas: readonly string[]): string {
  const names = ['public', ...schemas].join('|')
  return text
    .replace(preamble(schemas), '')
    .replaceAll(new RegExp(String.raw`\b(?:${names})\.`, 'g'), '')
    .replaceAll(new RegExp(String.raw`\b(?:${schemas.join('|')})\b`, 'g'), 'public')
    .replaceAll(/^LINE \d+:.*\n(?: *\^\n)?/gm, '')
    .replaceAll(/^[-+ ]*--[-+ ]*\n/gm, '')
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/ ?\+?$/gm, '')
}

function hunksOf(file: string, old: string, now: string): Hunk[] {
  const patch = structuredPatch(file, file, old, now, undefined, undefined, { context: 0, timeout: 20_000 })
  if (patch === undefined) throw new Error(`${file} differs in too many lines to be compared`)
  return patch.hunks.map(({ lines }) => ({
    file,
    id: createHash('sha256')
      .update(`${file}\n${lines.join('\n')}`)
      .digest('hex')
      .slice(0, 12),
    lines,
  }))
}
