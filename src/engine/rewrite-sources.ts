import { stat } from 'node:fs/promises'
import { basename, sep } from 'node:path'
import { Progress } from '../events/progress.ts'
import type { EventStream } from '../events/stream.ts'
import type { Context } from '../hosts/context.ts'
import { possibleCodes, type Confidence, type Finding, type SourceStatement } from '../hosts/finding.ts'
import { Grammars } from '../hosts/grammars.ts'
import { Names } from '../hosts/names.ts'
import { kindOf, knownEndings } from '../hosts/kinds.ts'
import { rewriteFile } from '../hosts/rewrite-file.ts'
import type { RewriteSettings } from '../plan/plan.ts'
import { surroundings } from '../rewrite/decide.ts'
import { holds, readText } from '../sources/files.ts'
import { findFiles, reasonOf, type FoundFile } from '../sources/find.ts'
import { leftByContent } from '../sources/left-by-content.ts'
import type { LeftFile, LeftReason } from '../sources/left.ts'
import { Parser } from '../sql/parser.ts'
import { lineAt, lineStarts } from './lines.ts'
import type { MovedNames } from './moved-names.ts'
import { stopError } from './work.ts'

export interface RewriteRequest {
  readonly paths: readonly string[]
  /** Edits that are less sure are told and not made. */
  readonly least: Confidence
  /** The search_path that the texts are run with. */
  readonly searchPath: readonly string[]
  readonly keepsUnqualified: boolean
  /** Are statements wanted, for a database to check? */
  readonly hasStatements: boolean
  readonly settings: RewriteSettings
}

/** A finding with its place as people and editors count: from 1. */
export type PlacedFinding = Finding & {
  readonly line: number
  readonly column: number
  /** Does the baseline have it? */
  readonly isKnown?: boolean
}

export interface RewrittenFile {
  readonly file: string
  readonly before: string
  readonly after: string
  readonly findings: readonly PlacedFinding[]
  readonly statements: readonly (SourceStatement & { readonly line: number })[]
}

/** A file that was not read. Does it name something that moves? Undefined where that was not looked for. */
export type NotRead = LeftFile & { readonly isNaming?: boolean }

export interface RewrittenSources {
  /** Those that name something that moves. */
  readonly files: readonly RewrittenFile[]
  readonly read: readonly string[]
  readonly left: readonly NotRead[]
}

/** Larger files are data: they are not read, and told when something that moves is named in them. */
const largest = { script: 64, other: 8 }

/** What the files of some paths become; nothing is written. */
export async function rewriteSources(
  { moves }: MovedNames,
  request: RewriteRequest,
  events: EventStream,
  signal: AbortSignal,
): Promise<RewrittenSources> {
  const { settings } = request
  const isKnown = (file: string): boolean => kindOf(basename(file)) !== undefined
  const found = await findFiles(request.paths, { ...settings, isKnown, endings: knownEndings })
  const context: Context = {
    parser: await Parser.shared(),
    moves,
    names: new Names(moves),
    around: surroundings(request.searchPath, { keepsUnqualified: request.keepsUnqualified }),
    least: request.least,
    hasStatements: request.hasStatements,
    calls: settings.calls,
  }
  using grammars = await Grammars.load()
  const progress = new Progress(events, 'files', found.files.length, 'files')
  const files: RewrittenFile[] = []
  const left: NotRead[] = []
  for (const each of found.left) {
    if (each.reason === 'unopened') files.push(notRead(each.file, 'it cannot be opened'))
    left.push(await looked(each, context))
  }
  for (const each of found.files) {
    if (signal.aborted) throw stopError(signal, `reading ${each.file}`)
    const result = await rewriteOne(each, context, grammars)
    if (result?.reason !== undefined) left.push({ file: each.file, ...result, reason: result.reason })
    if (result?.rewritten !== undefined) files.push(result.rewritten)
    progress.add(1)
  }
  const unread = new Set(left.map(({ file }) => file))
  return { files, read: found.files.map(({ file }) => file).filter((file) => !unread.has(file)), left }
}

/** Of what was left alone on purpose it is said how much of it names something that moves. */
async function looked(each: LeftFile, { names }: Context): Promise<NotRead> {
  if (
    each.file.endsWith(sep) ||
    !['migration', 'dialect', 'vendored', 'excluded', 'built'].includes(each.reason)
  )
    return each
  const isNaming = await holds(each.file, (letters) => names.mayHold(letters)).catch(() => false)
  return { ...each, isNaming }
}

interface Looked {
  readonly rewritten?: RewrittenFile
  /** Why it was not read after all. */
  readonly reason?: LeftReason
  readonly isNaming?: boolean
}

/** Undefined for a file that names nothing that moves. */
async function rewriteOne(
  { file, isAsked }: FoundFile,
  context: Context,
  grammars: Grammars,
): Promise<Looked | undefined> {
  const isScript = kindOf(basename(file))?.kind === 'script'
  const unopened = (cause: unknown): Looked => ({
    reason: 'unopened',
    rewritten: notRead(file, reasonOf(cause)),
  })
  try {
    const { size } = await stat(file)
    const megabytes = isScript ? largest.script : largest.other
    if (size > megabytes * 1024 * 1024) {
      const isNaming = await holds(file, (letters) => context.names.mayHold(letters))
      const rewritten = isNaming ? notRead(file, `it has more than ${megabytes} MiB`) : undefined
      return { reason: 'size', isNaming, ...(rewritten && { rewritten }) }
    }
  } catch (cause) {
    return unopened(cause)
  }
  const read = await readText(file).catch(unopened)
  if ('letters' in read) {
    const isNaming = context.names.mayHold(read.letters)
    return { reason: read.kind, isNaming, ...(isNaming && { rewritten: notRead(file, read.reason) }) }
  }
  if (!('text' in read)) return read
  const reason = isAsked ? undefined : leftByContent(read.text, isScript)
  if (reason !== undefined) return { reason, isNaming: context.names.mayHold(read.text) }
  return rewriteRead(file, read.text, context, grammars)
}

async function rewriteRead(
  file: string,
  text: string,
  context: Context,
  grammars: Grammars,
): Promise<Looked | undefined> {
  const result = await rewriteFile(context, grammars, file, text)
  // A file of XML that is no mapper.
  if (result === undefined) return { reason: 'ending' }
  if (result.findings.length === 0 && result.text === text) return undefined
  const lines = lineStarts(text)
  const after = lineStarts(result.text)
  const findings = result.findings.map((finding) => {
    const line = lineAt(lines, finding.start)
    return { ...finding, ...saying(finding, lines), line, column: finding.start - lines[line - 1]! + 1 }
  })
  const statements = result.statements.map((statement) => ({
    ...statement,
    line: lineAt(after, statement.start),
  }))
  return { rewritten: { file, before: text, after: result.text, findings, statements } }
}

/** Where the parser could not go on is said as a place that editors find. */
function saying({ reason, stopped }: Finding, lines: readonly number[]): { reason: string } {
  if (stopped === undefined) return { reason }
  const line = lineAt(lines, stopped)
  return { reason: `${reason} (line ${line}, column ${stopped - lines[line - 1]! + 1})` }
}

function notRead(file: string, reason: string): RewrittenFile {
  const finding: PlacedFinding = {
    kind: 'undecided',
    code: 'unreadable',
    name: '',
    start: 0,
    end: 0,
    reason,
    line: 1,
    column: 1,
  }
  return { file, before: '', after: '', findings: [finding], statements: [] }
}

/** Would a database that has only the new names miss something, as far as this finding tells, and is that not known? */
export function failing(finding: PlacedFinding): boolean {
  if (finding.isKnown === true) return false
  return finding.kind === 'rewritten' || (finding.kind === 'undecided' && !possibleCodes.has(finding.code))
}

export function usesOldNames({ findings }: RewrittenFile): boolean {
  return findings.some(failing)
}
