import { describeDifference } from '../../content/difference.ts'
import { compareDatabases, type ComparedTable, type DatabaseComparison } from '../../engine/compare.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { exitCodes } from '../../errors/codes.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { DatabaseTarget } from '../../pg/target.ts'
import type { Plan } from '../../plan/plan.ts'
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
    other: otherDatabase(plan, options.with),
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

function otherDatabase(plan: Plan, name: string): DatabaseTarget {
  const url = plan.databases[name]?.url ?? process.env[name]
  if (url !== undefined && url !== '') return { alias: name, url }
  if (name.includes('://'))
    throw new MigrateError('usage-invalid', '--with takes the name of a database, not a connection string', {
      detail: ['arguments can be read by every user of the machine'],
      next: ['OTHER=postgres://… migrate compare --with OTHER'],
    })
  throw new MigrateError('usage-invalid', `--with: neither the plan nor the environment knows "${name}"`, {
    detail: [`databases of the plan: ${Object.keys(plan.databases).join(', ')}`],
    next: [
      `${/^\w+$/.test(name) ? name : 'OTHER'}=postgres://… migrate compare --with ${/^\w+$/.test(name) ? name : 'OTHER'}`,
    ],
  })
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
