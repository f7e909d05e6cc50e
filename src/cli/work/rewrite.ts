import { movedNames, type NamesSource } from '../../engine/moved-names.ts'
import { prepareStatements } from '../../engine/prepare-statements.ts'
import { rewriteSources, usesOldNames, writeSources } from '../../engine/rewrite-sources.ts'
import { exitCodes } from '../../errors/codes.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { Confidence } from '../../hosts/finding.ts'
import type { DatabaseTarget } from '../../pg/target.ts'
import { findPlan } from '../../plan/find.ts'
import { readPlan } from '../../plan/read.ts'
import type { CommandContext } from '../context.ts'
import { renderRewrite, rewriteData } from '../render/rewrite.ts'

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
  const files = await rewriteSources(
    names,
    {
      paths,
      least: options.confidence,
      searchPath: list(options.searchPath),
      keepsUnqualified: options.keepUnqualified === true,
      hasStatements: options.verify !== undefined,
    },
    context.events,
    context.signal,
  )
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
    files,
    prepared,
    written,
    isRefused,
    hasDiff: options.check !== true && written === undefined,
  }
  context.result(renderRewrite(shown), rewriteData(shown))
  if (isRefused || (options.check === true && files.some(usesOldNames)))
    process.exitCode = exitCodes.difference
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
  const url = process.env[name]
  if (url !== undefined && url !== '') return { alias: name, url }
  if (name.includes('://')) {
    // A connection string without a password tells no secret to the other users of the machine.
    if (!hasPassword(name)) return { alias: 'shadow', url: name }
    throw new MigrateError('usage-invalid', '--verify takes no connection string with a password', {
      detail: ['arguments can be read by every user of the machine'],
      next: ['SHADOW_URL=postgres://… migrate rewrite … --verify SHADOW_URL'],
    })
  }
  const plan = source.kind === 'database' ? source.plan : undefined
  const known =
    plan?.databases[name] ??
    (context.options.plan === undefined ? undefined : (await context.plan()).databases[name])
  if (known !== undefined) return { alias: name, url: known.url }
  throw new MigrateError('usage-invalid', `--verify: neither the plan nor the environment knows "${name}"`, {
    next: ['SHADOW_URL=postgres://… migrate rewrite … --verify SHADOW_URL'],
  })
}

function hasPassword(url: string): boolean {
  return /^[a-z]+:\/\/[^/@]*:[^/@]*@/i.test(url) || /[?&]password=/i.test(url)
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}
