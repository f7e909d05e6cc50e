import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import type { Replay } from './replay.ts'

/** What one run came to. */
export interface Row {
  readonly name: string
  readonly kind: 'check' | 'control'
  readonly files: number
  readonly identical: number
  readonly lines: number
  readonly differing: number
  readonly statements: number
  readonly edits: number
  readonly milliseconds: number
  /** Differences without a reason. */
  readonly unknown: number
  /** Names missed in silence. */
  readonly silent: number
}

/** Writes the numbers to docs/reference/rewriter-oracle.md. */
export async function writeReport(
  version: string,
  names: number,
  rows: readonly Row[],
  reasons: ReadonlyMap<string, string>,
  replay: Replay | undefined,
): Promise<void> {
  const parts = [
    intro(version, names),
    table(
      ['Run', 'files the same', 'lines that differ', 'changes made', 'without a reason', 'missed in silence'],
      rows
        .filter(({ kind }) => kind === 'check')
        .map((row) => [...shared(row), row.edits, row.unknown, row.silent]),
    ),
    '\n## Rewriters that are wrong on purpose\n\nThe suite must notice each of them.\n',
    table(
      ['Mistake', 'files the same', 'lines that differ'],
      rows.filter(({ kind }) => kind === 'control').map(shared),
    ),
    replay === undefined ? '' : replayed(replay),
    `\n## What differs, and why\n\nThe hunks themselves are in \`scripts/regress/reasons.yaml\`, by checksums.\n`,
    [...new Set(reasons.values())].map((reason) => `- ${reason}`).join('\n'),
    '\n',
  ]
  const file = join(import.meta.dirname, '../../docs/reference/rewriter-oracle.md')
  await writeFile(file, await format(parts.join('\n'), { ...(await resolveConfig(file)), filepath: file }))
}

function intro(version: string, names: number): string {
  return `<!-- written by npm run test:regress -->

# The rewriter against PostgreSQL’s own regression suite

\`npm run test:regress\` fetches the sources of the installed server (here ${version}) from Debian, gives every relation that
the suite makes (${names} names with indexes and sequences) another schema, rewrites all scripts, runs them and compares what
they print with what the suite prints as it is. The search_path stays as it was, so that a reference that was missed fails
loudly. Left out of the comparison is what the move changes for itself: the schemas’ names, the places of errors within lines,
and the widths of columns. The new schemas’ names sort like \`public\`.
`
}

function shared({ name, files, identical, lines, differing }: Row): (string | number)[] {
  return [
    name,
    `${identical} of ${files}`,
    `${differing} of ${lines} (${((100 * differing) / lines).toFixed(2)} %)`,
  ]
}

function replayed(replay: Replay): string {
  const { explained, ...counts } = replay
  const words: Readonly<Record<keyof typeof counts, string>> = {
    statements: 'statements run on both',
    changed: 'of them rewritten',
    bodies: 'functions rewritten',
    bothWork: 'work on both',
    equal: 'of them with the same rows',
    bothFail: 'fail on both',
    sameError: 'of them with the same SQLSTATE',
    volatile: 'give something else each time, also on one database',
    onlyBefore: 'work on the original only, without a word of the rewriter',
    onlyAfter: 'work on the moved copy only, without a word of the rewriter',
    told: 'differ, or work on one side only, where the rewriter had said that it could not decide',
    unexplained: 'differ without a reason',
  }
  const known = Object.entries(words).map(([key, text]) => [text, counts[key as keyof typeof counts]])
  return [
    '\n## Each statement by itself, on moved data\n',
    'The database that the suite leaves behind is copied, the relations of the copy are moved into two schemas and its functions rewritten. Then each statement runs in a transaction that is rolled back, as it is on the original and rewritten on the copy.\n',
    table(
      ['', 'statements'],
      [...known, ...Object.entries(explained).map(([why, n]) => [`differ in ${why}`, n])],
    ),
  ].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
