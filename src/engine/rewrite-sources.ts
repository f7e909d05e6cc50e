import { extname } from 'node:path'
import { MigrateError } from '../errors/migrate-error.ts'
import { Progress } from '../events/progress.ts'
import type { EventStream } from '../events/stream.ts'
import type { Context } from '../hosts/context.ts'
import { possibleCodes, type Confidence, type Finding, type SourceStatement } from '../hosts/finding.ts'
import { Grammars } from '../hosts/grammars.ts'
import { Names } from '../hosts/names.ts'
import { knownExtensions, rewriteFile } from '../hosts/rewrite-file.ts'
import { surroundings } from '../rewrite/decide.ts'
import { readText, replaceText } from '../sources/files.ts'
import { findFiles, reasonOf } from '../sources/find.ts'
import { uncommitted } from '../sources/git.ts'
import { Parser } from '../sql/parser.ts'
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
}

/** A finding with its place as people and editors count: from 1. */
export type PlacedFinding = Finding & { readonly line: number; readonly column: number }

export interface RewrittenFile {
  readonly file: string
  readonly before: string
  readonly after: string
  readonly findings: readonly PlacedFinding[]
  readonly statements: readonly (SourceStatement & { readonly line: number })[]
}

/** What the files of some paths become; nothing is written. */
export async function rewriteSources(
  { moves }: MovedNames,
  request: RewriteRequest,
  events: EventStream,
  signal: AbortSignal,
): Promise<RewrittenFile[]> {
  const names = new Names(moves)
  const around = surroundings(request.searchPath, { keepsUnqualified: request.keepsUnqualified })
  const { files, unreadable } = await findFiles(request.paths, knownExtensions)
  const context: Context = {
    parser: await Parser.load(),
    moves,
    names,
    around,
    least: request.least,
    hasStatements: request.hasStatements,
  }
  using grammars = await Grammars.load()
  const progress = new Progress(events, 'files', files.length, 'files')
  const done: RewrittenFile[] = unreadable.map(({ file, reason }) => notRead(file, reason))
  for (const file of files) {
    if (signal.aborted) throw stopError(signal, `reading ${file}`)
    const result = await rewriteOne(file, context, grammars)
    if (result !== undefined) done.push(result)
    progress.add(1)
  }
  return done
}

/** Undefined for a file that names nothing that moves. */
async function rewriteOne(
  file: string,
  context: Context,
  grammars: Grammars,
): Promise<RewrittenFile | undefined> {
  const read = await readText(file).catch((cause: unknown) => ({ reason: reasonOf(cause), letters: '' }))
  if ('reason' in read)
    return read.letters === '' || context.names.mayHold(read.letters) ? notRead(file, read.reason) : undefined
  const result = await rewriteFile(context, grammars, extname(file), read.text)
  if (result === undefined || (result.findings.length === 0 && result.text === read.text)) return undefined
  const lines = lineStarts(read.text)
  const after = lineStarts(result.text)
  return {
    file,
    before: read.text,
    after: result.text,
    findings: result.findings.map((finding) => {
      const line = lineAt(lines, finding.start)
      return { ...finding, line, column: finding.start - lines[line - 1]! + 1 }
    }),
    statements: result.statements.map((statement) => ({
      ...statement,
      line: lineAt(after, statement.start),
    })),
  }
}

function notRead(file: string, reason: string): RewrittenFile {
  const finding = {
    kind: 'undecided',
    code: 'unreadable',
    name: '',
    start: 0,
    end: 0,
    reason,
    line: 1,
    column: 1,
  } as const
  return { file, before: '', after: '', findings: [finding], statements: [] }
}

/**
 * Writes the files that change, each in one step.
 * @throws MigrateError `files-uncommitted` before anything is written; `files-not-written` when one could not be
 */
export async function writeSources(files: readonly RewrittenFile[], isForced: boolean): Promise<string[]> {
  const changed = files.filter(({ before, after }) => before !== after)
  if (!isForced) await refuseUncommitted(changed.map(({ file }) => file))
  const written: string[] = []
  for (const { file, before, after } of changed) {
    try {
      const now = await readText(file)
      if (!('text' in now) || now.text !== before) throw new Error('it was changed by someone meanwhile')
      await replaceText(file, after)
    } catch (cause) {
      throw notWritten(file, written, cause)
    }
    written.push(file)
  }
  return written
}

async function refuseUncommitted(files: readonly string[]): Promise<void> {
  const dirty = await uncommitted(files)
  if (dirty.length === 0) return
  throw new MigrateError(
    'files-uncommitted',
    `${dirty.length === 1 ? dirty[0]! : `${dirty.length} files`} would be written over, and git has no copy`,
    {
      detail: dirty.slice(0, 20),
      state: { kind: 'untouched', sentence: 'no file was changed' },
      next: ['git commit or git stash, then the same command again', 'the same command with --force'],
    },
  )
}

function notWritten(file: string, written: readonly string[], cause: unknown): MigrateError {
  return new MigrateError('files-not-written', `${file} could not be written`, {
    detail: [cause instanceof Error ? cause.message : String(cause)],
    state: {
      kind: 'resumable',
      sentence: `${file} is as it was; ${written.length === 0 ? 'no file was changed' : `changed before it: ${written.join(', ')}`}`,
    },
    next: ['the same command again: what is rewritten already stays as it is'],
    cause,
  })
}

/** Would a database that has only the new names miss something, as far as this file tells? */
export function usesOldNames({ findings }: RewrittenFile): boolean {
  return findings.some(
    (finding) =>
      finding.kind === 'rewritten' || (finding.kind === 'undecided' && !possibleCodes.has(finding.code)),
  )
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** From 1. */
function lineAt(starts: readonly number[], place: number): number {
  let [low, high] = [0, starts.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= place) low = middle
    else high = middle - 1
  }
  return low + 1
}
