import { drill } from '../../engine/drill.ts'
import { newestBackups } from '../../engine/newest.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { exitCodes } from '../../errors/codes.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { CommandContext } from '../context.ts'
import { databaseNamed } from '../databases.ts'
import { renderDrill } from '../render/backups.ts'
import { serviceNamed } from '../services.ts'

interface Options {
  readonly scratch?: string
  readonly service?: string
  readonly all?: boolean
}

export async function work(
  context: CommandContext,
  folder: string | undefined,
  options: Options,
): Promise<void> {
  const plan = await context.plan()
  checkOptions(folder, options)
  if (options.service !== undefined) serviceNamed(plan, options.service)
  const scratch =
    options.scratch === undefined
      ? undefined
      : databaseNamed('--scratch', options.scratch, plan.databases, 'scratch')
  const workspace = await openWorkspace(plan, 'drill', context.events)
  try {
    const paths = folder === undefined ? await newestBackups(workspace, options) : [folder]
    const outcomes = []
    for (const path of paths) {
      outcomes.push(await drill(workspace, path, context.events, { scratch, signal: context.signal }))
    }
    const [first] = outcomes
    context.result(outcomes.map(renderDrill).join('\n'), options.all === true ? { drills: outcomes } : first!)
    if (outcomes.some(({ ok }) => !ok)) process.exitCode = exitCodes.difference
  } finally {
    await workspace.session.close()
  }
}

function checkOptions(folder: string | undefined, { scratch, service, all }: Options): void {
  const said = [folder, service, all].filter((each) => each !== undefined).length
  if (said <= 1 && (scratch === undefined || all === undefined)) return
  throw new MigrateError(
    'usage-invalid',
    said > 1
      ? 'say only one of a folder, --service, --all'
      : '--scratch names one empty database, and --all needs one for each backup',
    { next: ['migrate drill --help'] },
  )
}
