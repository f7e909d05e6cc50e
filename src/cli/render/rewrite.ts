import chalk from 'chalk'
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from 'diff'
import type { PreparedStatement } from '../../engine/prepare-statements.ts'
import type { KnownFinding } from '../../engine/rewrite-baseline.ts'
import {
  usesOldNames,
  type PlacedFinding,
  type RewrittenFile,
  type RewrittenSources,
} from '../../engine/rewrite-sources.ts'
import { findingCodes, possibleCodes } from '../../hosts/finding.ts'
import { count } from './count.ts'
import { countLines } from './rewrite-counts.ts'

export interface ShownRewrite {
  readonly files: readonly RewrittenFile[]
  readonly read: RewrittenSources['read']
  readonly left: RewrittenSources['left']
  /** What the baseline knows and is not there any more. */
  readonly stale: readonly KnownFinding[]
  /** What a database said of the statements, if one was asked. */
  readonly prepared: readonly PreparedStatement[] | undefined
  /** The files that were changed; undefined when none was to be. */
  readonly written: readonly string[] | undefined
  /** Did the database miss something? Then nothing is written. */
  readonly isRefused: boolean
  readonly hasDiff: boolean
}

/**
 * How much there is of everything, then the diff, as `git apply` takes it, and what was not decided: by kind, and within a kind
 * file by file.
 */
export function renderRewrite(shown: ShownRewrite): string {
  const { files, prepared, written, stale, isRefused, hasDiff } = shown
  const isCheck = !hasDiff && written === undefined
  const told = files.flatMap(({ file, findings }) =>
    findings
      .filter(({ isKnown }) => isKnown !== true)
      .filter(({ kind }) => kind === 'undecided' || (isCheck && kind === 'rewritten'))
      .map((finding) => ({ kind: kindOf(finding), text: line(file, finding) })),
  )
  const kinds = [...new Set(told.map(({ kind }) => kind))].toSorted((a, b) => a - b)
  const refused = (prepared ?? []).filter(({ outcome }) => outcome === 'missing')
  return [
    ...countLines(shown),
    ...(hasDiff ? files.map(diffOf).filter((each) => each !== '') : []),
    ...kinds.flatMap((kind) => told.filter((each) => each.kind === kind).map(({ text }) => text)),
    ...stale.map(({ file, code, name, text }) => `${file}: ${chalk.dim('stale')} [${code}] ${name}: ${text}`),
    ...refused.map(
      ({ file, line: at, sqlstate, message }) =>
        `${file}:${at}: ${chalk.red('missing')} ${sqlstate ?? ''} ${message}`,
    ),
    ...preparedLines(prepared),
    ...(isRefused ? ['nothing was written'] : []),
    ...(told.length > 20 ? countLines(shown).slice(0, 1) : []),
  ].join('\n')
}

/** The counts alone. */
export function summaryOf(shown: ShownRewrite): string {
  return [...countLines(shown), ...preparedLines(shown.prepared)].join('\n')
}

/** In the order in which they are shown: what can be rewritten, then what must be decided, by code, then what need not be. */
function kindOf(finding: PlacedFinding): number {
  if (finding.kind !== 'undecided') return 0
  return 1 + Object.keys(findingCodes).indexOf(finding.code)
}

function line(file: string, finding: PlacedFinding): string {
  const at = `${file}:${finding.line}:${finding.column}:`
  const name = finding.name === '' ? '' : ` ${finding.name}`
  if (finding.kind === 'rewritten')
    return `${at} ${chalk.yellow('old name')}${name} (${finding.confidence} confidence)`
  if (finding.kind === 'kept') return `${at} kept${name}: ${finding.reason}`
  const what = possibleCodes.has(finding.code) ? chalk.dim('perhaps') : chalk.yellow('undecided')
  return `${at} ${what} [${finding.code}]${name}: ${finding.reason}`
}

function preparedLines(prepared: ShownRewrite['prepared']): string[] {
  if (prepared === undefined) return []
  const of = (wanted: string): number => prepared.filter(({ outcome }) => outcome === wanted).length
  return [
    `${count(prepared.length, 'statement')} prepared: ${of('missing')} name what is missing, ${of('unclear')} cannot be told`,
  ]
}

function diffOf({ file, before, after }: RewrittenFile): string {
  if (before === after) return ''
  const name = file.replaceAll('\\', '/').replace(/^(?:\.?\/)+/, '')
  const patch = structuredPatch(`a/${name}`, `b/${name}`, before, after)
  return formatPatch(patch, FILE_HEADERS_ONLY).replace(/\n$/, '')
}

/** The same for programs. */
export function rewriteData({
  files,
  read,
  left,
  stale,
  prepared,
  written,
  isRefused,
}: ShownRewrite): unknown {
  return {
    ok: !isRefused && !files.some(usesOldNames),
    read: read.length,
    notRead: left,
    stale,
    files: files.map((each) => ({
      file: each.file,
      isChanged: each.before !== each.after,
      isWritten: written?.includes(each.file) ?? false,
      diff: diffOf(each),
      findings: each.findings.map(({ kind, name, line: at, column, reason, isKnown, ...rest }) => ({
        kind,
        ...('code' in rest ? { code: rest.code } : {}),
        ...('confidence' in rest ? { confidence: rest.confidence } : {}),
        name,
        line: at,
        column,
        reason,
        ...(isKnown === true ? { isKnown } : {}),
      })),
    })),
    ...(prepared === undefined ? {} : { prepared }),
  }
}
