import { uninstall, type Uninstalled } from '../../engine/uninstall.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { exitCodes } from '../../errors/codes.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import { confirmByName } from '../confirm.ts'
import type { CommandContext } from '../context.ts'

interface Options {
  readonly forget?: boolean
  readonly dryRun?: boolean
}

export async function work(context: CommandContext, options: Options): Promise<void> {
  const forget = options.forget === true
  const isRehearsal = options.dryRun === true
  if (isRehearsal && !forget)
    throw new MigrateError('usage-invalid', '--dry-run goes with --forget', {
      next: ['migrate uninstall --help'],
    })
  const plan = await context.plan()
  if (!isRehearsal) await confirmByName(context, forget ? forgetting : removing, plan.name)
  const workspace = await openWorkspace(plan, 'uninstall', context.events)
  try {
    const outcome = await uninstall(workspace, { forget, isRehearsal })
    const { isRemoved, removed, left } = outcome
    context.result(render(outcome, isRehearsal), { removed: isRemoved, objects: removed, left })
    if (left.length > 0) process.exitCode = exitCodes.difference
  } finally {
    await workspace.session.close()
  }
}

const removing = 'This removes the journal and with it the history of every plan in this database.'
const forgetting =
  'This removes everything that pg-relocate has made in this database: the journal, the views and functions at the other names ' +
  'of what moves, and rows that restores have kept. Tables stay where they are; there is no way back.'

function render({ isRemoved, removed, left }: Uninstalled, isRehearsal: boolean): string {
  const head = isRehearsal
    ? 'would be removed, with the journal if there is one:'
    : !isRemoved
      ? 'there is no journal here'
      : left.length > 0
        ? 'the journal is removed; what is left is named below'
        : 'the journal is removed; nothing of pg-relocate is left'
  return [
    head,
    ...removed.map((what) => `  ${isRehearsal ? '' : 'removed '}${what}`),
    ...left.flatMap(({ what, sql }) => [`  left: ${what}`, `        ${sql}`]),
  ].join('\n')
}
