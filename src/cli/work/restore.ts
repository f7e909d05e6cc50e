import {
  withRestored,
  restoreBeside,
  type Prepared,
  type RestoreRequest,
} from '../../engine/prepare-restore.ts'
import { keptRestores, releaseKept, restoreInPlace, undoKept } from '../../engine/restore.ts'
import { openWorkspace, type Workspace } from '../../engine/workspace.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { DatabaseTarget } from '../../pg/target.ts'
import { countLosses } from '../../restore/exchange.ts'
import { confirmByName, confirmChange } from '../confirm.ts'
import type { CommandContext } from '../context.ts'
import { databaseNamed } from '../databases.ts'
import { lossData, renderBeside, renderKept, renderLosses, renderRestored } from '../render/restore.ts'
import { serviceNamed } from '../services.ts'

interface Options {
  readonly service?: string
  readonly table?: string
  readonly dryRun?: boolean
  readonly toDatabase?: string
  readonly scratch?: string
  readonly list?: boolean
  readonly undo?: string
  readonly release?: string
}

export async function work(
  context: CommandContext,
  source: string | undefined,
  options: Options,
): Promise<void> {
  checkOptions(source, options)
  const plan = await context.plan()
  const scratch =
    options.scratch === undefined
      ? undefined
      : databaseNamed('--scratch', options.scratch, plan.databases, 'scratch')
  const workspace = await openWorkspace(plan, 'restore', context.events)
  try {
    if (source === undefined) await lookAfterKept(context, workspace, options)
    else await restore(context, workspace, source, { ...options, scratch })
  } finally {
    await workspace.session.close()
  }
}

async function restore(
  context: CommandContext,
  workspace: Workspace,
  source: string,
  options: Omit<Options, 'scratch'> & { readonly scratch: DatabaseTarget | undefined },
): Promise<void> {
  const { events, signal } = context
  const request: RestoreRequest = {
    source,
    service: options.service === undefined ? undefined : serviceNamed(workspace.plan, options.service),
    tables: options.table?.split(',').map((name) => name.trim()),
    scratch: options.scratch,
  }
  if (options.toDatabase !== undefined) {
    const made = await restoreBeside(workspace, request, options.toDatabase, events, signal)
    context.result(renderBeside(options.toDatabase, made), { database: options.toDatabase, ...made })
    return
  }
  await withRestored(workspace, request, events, signal, (prepared) =>
    putInPlace(context, workspace, prepared, options.dryRun === true),
  )
}

async function putInPlace(
  context: CommandContext,
  workspace: Workspace,
  prepared: Prepared,
  isDryRun: boolean,
): Promise<void> {
  const { database } = workspace.server
  const losses = await countLosses(prepared.session, workspace.session, prepared.pairs, context.events)
  const preview = renderLosses(prepared, losses)
  if (isDryRun) return context.result(preview, lossData(prepared, losses))
  // Also with --quiet: the question that follows is about it.
  if (context.options.json === true) context.events.emit({ type: 'notice', level: 'info', text: preview })
  else process.stderr.write(`${preview}\n`)
  await confirmByName(context, `Put this back into database "${database}"?`, database, 'the database’s name')
  const outcome = await restoreInPlace(workspace, prepared, losses, {
    events: context.events,
    signal: context.signal,
    waitMs: context.waitMs(),
  })
  context.result(renderRestored(outcome), { ...lossData(prepared, losses), ...outcome })
}

async function lookAfterKept(
  context: CommandContext,
  workspace: Workspace,
  { undo, release }: Options,
): Promise<void> {
  const { events, signal } = context
  if (undo !== undefined) {
    const id = restoreId(undo, '--undo')
    await confirmChange(context, `Put the old rows of restore ${id} back?`)
    const kept = await undoKept(workspace, id, { events, signal, waitMs: context.waitMs() })
    const text =
      kept.state === 'begun'
        ? `restore ${id} was interrupted; the tables it had made are dropped`
        : `restore ${id} is undone; its rows stay until migrate restore --release ${id}`
    context.result(text, {
      id,
      undone: kept.tables,
    })
    return
  }
  if (release !== undefined) {
    const id = restoreId(release, '--release')
    const { database } = workspace.server
    await confirmByName(
      context,
      `This drops the old rows of restore ${id}; then it cannot be undone.`,
      database,
      'the database’s name',
    )
    const kept = await releaseKept(workspace, id, { events, signal, waitMs: context.waitMs() })
    const text =
      kept.state === 'begun'
        ? `restore ${id} was interrupted; the tables it had made stay, without their foreign keys: ${kept.tables.map(({ name }) => name).join(', ')}`
        : `the old rows of restore ${id} are dropped`
    context.result(text, { id, bytes: kept.bytes })
    return
  }
  const kept = await keptRestores(workspace)
  context.result(renderKept(kept), { restores: kept })
}

function checkOptions(source: string | undefined, options: Options): void {
  const actions = (['list', 'undo', 'release'] as const).filter((name) => options[name] !== undefined)
  const isClear = actions.length === (source === undefined ? 1 : 0)
  if (isClear && (options.dryRun !== true || options.toDatabase === undefined)) return
  throw new MigrateError(
    'usage-invalid',
    isClear
      ? '--dry-run and --to-database exclude each other'
      : 'name what to restore from, or say one of --list, --undo, --release',
    { next: ['migrate backup list        tells the backups there are', 'migrate restore --help'] },
  )
}

function restoreId(text: string, option: string): number {
  const id = Number(text)
  if (Number.isInteger(id) && id > 0) return id
  throw new MigrateError('usage-invalid', `${option} takes the number of a restore, not "${text}"`, {
    next: ['migrate restore --list'],
  })
}
