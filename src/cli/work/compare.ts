import { describeDifference } from '../../content/difference.ts'
import { compareDatabases, type ComparedTable, type DatabaseComparison } from '../../engine/compare.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { exitCodes } from '../../errors/codes.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import { databaseNamed } from '../databases.ts'
import { duration, type CommandContext } from '../context.ts'
import { chosenNames } from '../old-names.ts'
import { table } from '../render/table.ts'

interface Options {
  readonly with: string
  readonly service?: string
  readonly table?: string
  readonly chunk: string
  readonly maxRate?: string
  readonly settle: string
  readonly fresh?: boolean
  readonly repair?: string
}

export async function work(context: CommandContext, options: Options): Promise<void> {
  const plan = await context.plan()
  const request = {
    ...chosenNames(options),
    other: databaseNamed('--with', options.with, plan.databases, 'other'),
    chunkRows: count(options.chunk, '--chunk'),
    ...(options.maxRate === undefined ? {} : { maxRate: count(options.maxRate, '--max-rate') }),
    settleMs: duration(options.settle, '--settle'),
    isFresh: options.fresh === true,
    ...(options.repair === undefined ? {} : { repairFile: options.repair }),
  }
  const workspace = await openWorkspace(plan, 'compare', context.events)
  try {
    const comparison = await compareDatabases(workspace, request, context.events, context.signal)
    const isEqual = comparison.tables.every((each) => each.isEqual)
    context.result(render(comparison, options), { ok: isEqual, ...comparison })
    if (!isEqual) process.exitCode = exitCodes.difference
  } finally {
    await workspace.session.close()
  }
}

function count(text: string, option: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new MigrateError('usage-invalid', `${option} takes a number of rows from 1, not "${text}"`, {
    next: ['migrate compare --help'],
  })
}

/** How many differences of a table are printed; `--json` has all of them. */
const shown = 20

function render({ tables }: DatabaseComparison, { repair }: Options): string {
  const rows = tables.map((each) => [
    each.isEqual ? '✓' : '✗',
    each.table,
    each.here === each.there ? each.here : `${each.here} and ${each.there}`,
    verdict(each),
  ])
  const details = tables.flatMap((each) => [
    ...each.shape.map((line) => `${each.table}: ${line}`),
    ...each.differences.slice(0, shown).map((one) => `${each.table}: ${describeDifference(one, each.key)}`),
    ...(each.differences.length > shown
      ? [`${each.table}: and ${each.differences.length - shown} more; --json lists all`]
      : []),
  ])
  const written =
    repair === undefined ? [] : [`what makes them equal is in ${repair}; read it before you run it`]
  return [table(rows, ''), ...details, ...written].join('\n')
}

function verdict({ isEqual, shape, rows, differences, checksums }: ComparedTable): string {
  if (isEqual) return `${rows[0]} rows, checksum ${checksums[0]}`
  if (shape.length > 0) return 'cannot be compared'
  return `${rows[0]} and ${rows[1]} rows, ${differences.length} differences`
}
