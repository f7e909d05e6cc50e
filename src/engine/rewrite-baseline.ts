import { readFile } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import { z } from 'zod'
import { MigrateError } from '../errors/migrate-error.ts'
import { replaceOrCreate } from '../sources/files.ts'
import { failing, type PlacedFinding, type RewrittenFile, type RewrittenSources } from './rewrite-sources.ts'

/** A finding that is known, by what is written there and not by where: lines may move. */
const known = z.strictObject({
  file: z.string(),
  code: z.string(),
  name: z.string(),
  /** The line, without the blanks at its ends. */
  text: z.string(),
  /** How many there are of it, where that is more than one. */
  times: z.int().min(1).optional(),
})

const document = z.strictObject({ format: z.literal(1), findings: z.array(known) })

export type KnownFinding = z.infer<typeof known>

/** @throws MigrateError `usage-invalid` for a file that is not there or is no baseline */
export async function readBaseline(file: string): Promise<KnownFinding[]> {
  try {
    return document.parse(JSON.parse(await readFile(file, 'utf8'))).findings
  } catch (cause) {
    const isMissing = (cause as { code?: unknown }).code === 'ENOENT'
    throw new MigrateError('usage-invalid', `${file} ${isMissing ? 'does not exist' : 'is no baseline'}`, {
      detail: isMissing ? [] : [(cause as Error).message.slice(0, 300)],
      next: [`migrate rewrite … --baseline ${file} --write-baseline`],
      cause,
    })
  }
}

export interface Compared {
  readonly files: readonly RewrittenFile[]
  /** What the baseline knows and no file that was read has any more. */
  readonly stale: readonly KnownFinding[]
}

/** Marks the findings that are known, each entry for as many as it counts. */
export function compareBaseline(
  { files, read }: Pick<RewrittenSources, 'files' | 'read'>,
  baseline: readonly KnownFinding[],
  exists: (file: string) => boolean,
): Compared {
  const open = new Map<string, number>()
  for (const { times = 1, ...entry } of baseline)
    open.set(keyOf(entry), (open.get(keyOf(entry)) ?? 0) + times)
  const marked = files.map((each) => ({
    ...each,
    findings: each.findings.map((finding): PlacedFinding => {
      const key = keyOf(entryOf(each, finding))
      const left = open.get(key) ?? 0
      if (left === 0 || !failing(finding)) return finding
      open.set(key, left - 1)
      return { ...finding, isKnown: true }
    }),
  }))
  const looked = new Set(read.map(named))
  const stale = baseline.flatMap((known) => {
    const { file, code, name, text } = known
    const entry = { file, code, name, text }
    const left = open.get(keyOf(entry)) ?? 0
    open.delete(keyOf(entry))
    const isLooked = looked.has(entry.file) || !exists(entry.file)
    return left === 0 || !isLooked ? [] : [{ ...entry, ...(left === 1 ? {} : { times: left }) }]
  })
  return { files: marked, stale }
}

/** Writes what fails `--check` now as known. Entries of files that were not read stay. */
export async function writeBaseline(
  file: string,
  { files, read }: Pick<RewrittenSources, 'files' | 'read'>,
  before: readonly KnownFinding[],
  exists: (file: string) => boolean,
): Promise<number> {
  const looked = new Set(read.map(named))
  const counts = new Map<string, KnownFinding>()
  const add = ({ times = 1, ...entry }: KnownFinding): void => {
    const now = (counts.get(keyOf(entry))?.times ?? 0) + times
    counts.set(keyOf(entry), { ...entry, ...(now === 1 ? { times: 1 } : { times: now }) })
  }
  for (const entry of before) if (!looked.has(entry.file) && exists(entry.file)) add(entry)
  for (const each of files)
    for (const finding of each.findings) if (failing(finding)) add(entryOf(each, finding))
  const findings = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { times = 1, ...entry }]) => (times === 1 ? entry : { ...entry, times }))
  await replaceOrCreate(file, `${JSON.stringify({ format: 1, findings }, null, 2)}\n`)
  return findings.length
}

function entryOf({ file, before }: RewrittenFile, finding: PlacedFinding): KnownFinding {
  const start = before.lastIndexOf('\n', finding.start - 1) + 1
  const end = before.indexOf('\n', finding.start)
  const text = before.slice(start, end < 0 ? before.length : end).trim()
  const code = finding.kind === 'undecided' ? finding.code : 'old-name'
  return { file: named(file), code, name: finding.name, text }
}

/** As it is called from where the command is run. */
function named(file: string): string {
  return relative('.', file).replaceAll(sep, '/')
}

function keyOf({ file, code, name, text }: KnownFinding): string {
  return JSON.stringify([file, code, name, text])
}
