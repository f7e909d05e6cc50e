import { Option, type Command } from 'commander'
import { movedNames, type NamesSource } from '../../engine/moved-names.ts'
import { prepareStatements } from '../../engine/prepare-statements.ts'
import { rewriteSources, usesOldNames, writeSources } from '../../engine/rewrite-sources.ts'
import { exitCodes } from '../../errors/codes.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { Confidence } from '../../hosts/finding.ts'
import type { DatabaseTarget } from '../../pg/target.ts'
import { findPlan } from '../../plan/find.ts'
import { readPlan } from '../../plan/read.ts'
import { commandContext, type CommandContext } from '../context.ts'
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

export function addRewrite(program: Command, signal: AbortSignal): void {
  program
    .command('rewrite')
    .description(
      'put new names into SQL files and the SQL in source files; shows a unified diff and what could not be decided',
    )
    .argument('<paths...>', 'files, and folders whose files are of a known language')
    .option('--mapping <file>', 'take the names from a mapping document instead of the plan’s database')
    .option('--offline', 'take the names from the plan alone; those of indexes and sequences are guessed')
    .option('--write', 'change the files instead of showing how they would change')
    .option('--check', 'show what still uses an old name, without the diff; exit 5 when something does')
    .option('--force', 'with --write: also files that git has no copy of as they are')
    .addOption(
      new Option(
        '--confidence <level>',
        'change only what is this sure to be SQL, or surer: high is what a driver is given, low are pieces without a verb',
      )
        .choices(['low', 'medium', 'high'])
        .default('medium'),
    )
    .option(
      '--search-path <schemas>',
      'where names without a schema are looked up, comma-separated',
      'public',
    )
    .option('--keep-unqualified', 'leave names without a schema to a search_path that has the new schemas')
    .option(
      '--verify <database>',
      'prepare every statement as it will be on a database of the new layout, without executing it: an alias of the plan, or the environment variable that holds its connection string',
    )
    .addHelpText('after', details)
    .action(async (paths: string[], options: Options, command: Command) => {
      const context = commandContext(command, signal)
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
        signal,
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
    })
}

const details = `
Examples:
  migrate rewrite src sql                       the diff, and what is to be done by hand
  migrate rewrite src sql --write               apply it; files with uncommitted changes are refused
  migrate rewrite src --check                   for CI: exit 5 while an old name is used
  migrate rewrite src --verify SHADOW_URL       have a database of the new layout prepare every statement

Languages: SQL (also scripts of psql), Python, TypeScript, JavaScript, Java, Kotlin, Go, Ruby, PHP.
A comment \`migrate: reviewed\` on a line, or on the one before it, says that a person has decided.
More: docs/how-to/rewrite-code.md`

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
