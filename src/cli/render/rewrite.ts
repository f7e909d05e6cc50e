import chalk from 'chalk'
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from 'diff'
import type { PreparedStatement } from '../../engine/prepare-statements.ts'
import { usesOldNames, type PlacedFinding, type RewrittenFile } from '../../engine/rewrite-sources.ts'
import { possibleCodes } from '../../hosts/finding.ts'

export interface ShownRewrite {
  readonly files: readonly RewrittenFile[]
  /** What a database said of the statements, if one was asked. */
  readonly prepared: readonly PreparedStatement[] | undefined
  /** The files that were changed; undefined when none was to be. */
  readonly written: readonly string[] | undefined
  /** Did the database miss something? Then nothing is written. */
  readonly isRefused: boolean
  readonly hasDiff: boolean
}

/** The diff, as `git apply` takes it; then, file by file, what was not decided, and how much there is of everything. */
export function renderRewrite({ files, prepared, written, isRefused, hasDiff }: ShownRewrite): string {
  const isCheck = !hasDiff && written === undefined
  const lines = files.flatMap(({ file, findings }) =>
    findings
      .filter(({ kind }) => kind === 'undecided' || (isCheck && kind === 'rewritten'))
      .map((finding) => line(file, finding)),
  )
  const refused = (prepared ?? []).filter(({ outcome }) => outcome === 'missing')
  return [
    ...(hasDiff ? files.map(diffOf).filter((each) => each !== '') : []),
    ...lines,
    ...refused.map(
      ({ file, line: at, sqlstate, message }) =>
        `${file}:${at}: ${chalk.red('missing')} ${sqlstate ?? ''} ${message}`,
    ),
    ...summary({ files, prepared, written, isRefused, hasDiff }),
  ].join('\n')
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

function summary({ files, prepared, written, isRefused }: ShownRewrite): string[] {
  const all = files.flatMap(({ findings }) => findings)
  const changed = files.filter(({ before, after }) => before !== after)
  const undecided = all.filter((each) => each.kind === 'undecided' && !possibleCodes.has(each.code))
  const counts = [
    `${count(all.filter(({ kind }) => kind === 'rewritten').length, 'name')} in ${count(changed.length, 'file')} ${written === undefined ? 'to rewrite' : 'rewritten'}`,
    `${undecided.length} undecided`,
    `${all.filter((each) => each.kind === 'undecided').length - undecided.length} perhaps`,
    `${all.filter(({ kind }) => kind === 'kept').length} right as they are`,
  ]
  const missing = prepared?.filter(({ outcome }) => outcome === 'missing').length ?? 0
  const unclear = prepared?.filter(({ outcome }) => outcome === 'unclear').length ?? 0
  return [
    counts.join(', '),
    ...(prepared === undefined
      ? []
      : [
          `${count(prepared.length, 'statement')} prepared: ${missing} name what is missing, ${unclear} cannot be told`,
        ]),
    ...(isRefused ? ['nothing was written'] : []),
  ]
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

function diffOf({ file, before, after }: RewrittenFile): string {
  if (before === after) return ''
  const name = file.replaceAll('\\', '/').replace(/^(?:\.?\/)+/, '')
  const patch = structuredPatch(`a/${name}`, `b/${name}`, before, after)
  return formatPatch(patch, FILE_HEADERS_ONLY).replace(/\n$/, '')
}

/** The same for programs. */
export function rewriteData({ files, prepared, written, isRefused }: ShownRewrite): unknown {
  return {
    ok: !isRefused && !files.some(usesOldNames),
    files: files.map((each) => ({
      file: each.file,
      isChanged: each.before !== each.after,
      isWritten: written?.includes(each.file) ?? false,
      diff: diffOf(each),
      findings: each.findings.map(({ kind, name, line: at, column, reason, ...rest }) => ({
        kind,
        ...('code' in rest ? { code: rest.code } : {}),
        ...('confidence' in rest ? { confidence: rest.confidence } : {}),
        name,
        line: at,
        column,
        reason,
      })),
    })),
    ...(prepared === undefined ? {} : { prepared }),
  }
}
