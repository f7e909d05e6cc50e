import { existsSync } from 'node:fs'
import { movedNames, type NamesSource } from '../../engine/moved-names.ts'
import { prepareStatements } from '../../engine/prepare-statements.ts'
import { compareBaseline, readBaseline, writeBaseline, type Compared } from '../../engine/rewrite-baseline.ts'
import { rewriteSources, usesOldNames, type RewrittenSources } from '../../engine/rewrite-sources.ts'
import { writeSources } from '../../engine/write-sources.ts'
import { exitCodes } from '../../errors/codes.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { Confidence } from '../../hosts/finding.ts'
import type { DatabaseTarget } from '../../pg/target.ts'
import { findPlan } from '../../plan/find.ts'
import { plainRewrite } from '../../plan/plain-rewrite.ts'
import type { RewriteSettings } from '../../plan/plan.ts'
import { readPlan } from '../../plan/read.ts'
import type { CommandContext } from '../context.ts'
import { databaseNamed } from '../databases.ts'
import { githubLines } from '../render/rewrite-github.ts'
import { sarifOf } from '../render/rewrite-sarif.ts'
import { renderRewrite, rewriteData, summaryOf, type ShownRewrite } from '../render/rewrite.ts'

interface Options {
  readonly mapping?: string
  readonly offline?: boolean
  readonly write?: boolean
  readonly check?: boolean
  readonly force?: boolean
  readonly confidence: Confidence
  readonly searchPath: string
  readonly keepUnqualified?: boolean
  readonly verify?: string
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly baseline?: string
  readonly writeBaseline?: boolean
  readonly format: 'text' | 'summary' | 'json' | 'github' | 'sarif'
}

export async function work(context: CommandContext, paths: string[], options: Options): Promise<void> {
  refuseContradictions(options)
  const source = await namesSource(options, context)
  const names = await movedNames(source, context.events)
  if (names.isGuessed)
    context.events.emit({
      type: 'notice',
      level: 'warning',
      text: 'names of primary keys and sequences are guessed',
    })
  const target =
    options.verify === undefined ? undefined : await verifyTarget(options.verify, source, context)
  const settings = await settingsOf(source, context, options)
  const sources = await rewriteSources(
    names,
    {
      settings,
      paths,
      least: options.confidence,
      searchPath: list(options.searchPath),
      keepsUnqualified: options.keepUnqualified === true,
      hasStatements: options.verify !== undefined,
    },
    context.events,
    context.signal,
  )
  const { files, stale } = await known(sources, settings.baseline, options)
  const prepared =
    target === undefined
      ? undefined
      : await prepareStatements(
          target,
          files,
          names.moves.names,
          options.keepUnqualified === true ? undefined : list(options.searchPath),
        )
  const isRefused = prepared?.some(({ outcome }) => outcome === 'missing') === true
  const written =
    options.write === true && !isRefused ? await writeSources(files, options.force === true) : undefined
  const shown = {
    ...{ files, stale, read: sources.read, left: sources.left },
    ...{ prepared, written, isRefused },
    hasDiff: options.check !== true && written === undefined,
  }
  context.result(render(shown, options.format), rewriteData(shown))
  if (isRefused || (options.check === true && files.some(usesOldNames)))
    process.exitCode = exitCodes.difference
}

function render(shown: ShownRewrite, format: Options['format']): string {
  switch (format) {
    case 'text':
      return renderRewrite(shown)
    case 'summary':
      return summaryOf(shown)
    case 'github':
      return githubLines(shown)
    case 'json':
      return JSON.stringify(rewriteData(shown), null, 2)
    case 'sarif':
      return JSON.stringify(sarifOf(shown), null, 2)
  }
}

/** What the plan says, with what the command line adds. */
async function settingsOf(
  source: NamesSource,
  context: CommandContext,
  options: Options,
): Promise<RewriteSettings> {
  const plan =
    source.kind !== 'mapping'
      ? source.plan
      : context.options.plan === undefined
        ? undefined
        : await readPlan(context.options.plan, process.env, { interpolate: false })
  const { include, exclude, baseline, ...rest } = plan?.rewrite ?? plainRewrite
  return {
    ...rest,
    include: [...include, ...(options.include ?? [])],
    exclude: [...exclude, ...(options.exclude ?? [])],
    baseline: options.baseline ?? baseline,
  }
}

/** The findings with those marked that the baseline knows; it is written first where that is wanted. */
async function known(
  sources: RewrittenSources,
  baseline: string | undefined,
  { writeBaseline: isWritten }: Options,
): Promise<Compared> {
  if (baseline === undefined) {
    if (isWritten !== true) return { files: sources.files, stale: [] }
    throw new MigrateError('usage-invalid', '--write-baseline without a file to write', {
      next: ['migrate rewrite … --baseline migrate-baseline.json --write-baseline'],
    })
  }
  if (isWritten === true)
    await writeBaseline(
      baseline,
      sources,
      existsSync(baseline) ? await readBaseline(baseline) : [],
      existsSync,
    )
  return compareBaseline(sources, await readBaseline(baseline), existsSync)
}

function refuseContradictions({ write, check, mapping, offline, force }: Options): void {
  const both =
    write === true && check === true
      ? '--write and --check'
      : mapping !== undefined && offline === true
        ? '--mapping and --offline'
        : force === true && write !== true
          ? '--force without --write'
          : undefined
  if (both === undefined) return
  const message = both.includes('without') ? `${both} does nothing` : `${both} exclude each other`
  throw new MigrateError('usage-invalid', message, { next: ['migrate rewrite --help'] })
}

async function namesSource({ mapping, offline }: Options, context: CommandContext): Promise<NamesSource> {
  if (mapping !== undefined) return { kind: 'mapping', file: mapping }
  if (offline !== true) return { kind: 'database', plan: await context.plan() }
  const file = context.options.plan ?? (await findPlan('plans'))
  return { kind: 'plan', plan: await readPlan(file, process.env, { interpolate: false }) }
}

async function verifyTarget(
  name: string,
  source: NamesSource,
  context: CommandContext,
): Promise<DatabaseTarget> {
  if (source.kind === 'database') return databaseNamed('--verify', name, source.plan.databases, 'shadow')
  const known = context.options.plan === undefined ? undefined : (await context.plan()).databases
  return databaseNamed('--verify', name, known, 'shadow')
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}
