import { adoptCopy, type Adoption } from '../../engine/adopt-copy.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { confirmByName } from '../confirm.ts'
import type { CommandContext } from '../context.ts'

export async function work(context: CommandContext, options: { dryRun?: boolean }): Promise<void> {
  const isRehearsal = options.dryRun === true
  const plan = await context.plan()
  const workspace = await openWorkspace(plan, 'adopt', context.events)
  const { database } = workspace.server
  try {
    const settings = { waitMs: context.waitMs(), events: context.events }
    // Told before it is asked for: what else may belong to the original.
    const found = await adoptCopy(workspace, { ...settings, isRehearsal: true })
    if (isRehearsal || found.isHome) return context.result(render(found, isRehearsal), found)
    await confirmByName(
      context,
      [
        `This makes the run of plan "${plan.name}", which began in database ${found.from.database}, the run of database ${database}.`,
        ...found.told.map((line) => `- ${line}`),
      ].join('\n'),
      database,
      'the database’s name',
    )
    const done = await adoptCopy(workspace, { ...settings, isRehearsal: false })
    context.result(render(done, false), done)
  } finally {
    await workspace.session.close()
  }
}

function render(it: Adoption, isRehearsal: boolean): string {
  const things = `${it.tables} ${it.tables === 1 ? 'table' : 'tables'}${it.objects === 0 ? '' : ` and ${it.objects} other objects`}`
  const head = it.isHome
    ? `database ${it.database} is the one in which the run of plan "${it.plan}" began; there is nothing to take over`
    : isRehearsal
      ? `the run of plan "${it.plan}" can be taken over in database ${it.database}: ${things} and every step are as its journal says`
      : `the run of plan "${it.plan}" is that of database ${it.database} now: ${things}`
  return [
    head,
    ...it.told.map((line) => `  ${line}`),
    ...it.next.map((command, index) => `${index === 0 ? 'next:' : '  or:'} ${command}`),
  ].join('\n')
}
