import { join } from 'node:path'
import { compareTables, type TableComparison } from '../content/compare.ts'
import { writeRepair } from '../content/repair-file.ts'
import { SavedComparison } from '../content/saved.ts'
import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'
import { Progress } from '../events/progress.ts'
import type { EventStream } from '../events/stream.ts'
import { qualified } from '../pg/quoting.ts'
import { Session } from '../pg/session.ts'
import { describeTarget, type DatabaseTarget } from '../pg/target.ts'
import { chooseTables, nameOf, type OldNameChoice } from '../usage/old-names.ts'
import { databaseFailure } from './failure.ts'
import { estimateRows, pairUp, type Pairing } from './pairings.ts'
import { stopError } from './work.ts'
import { survey, type Workspace } from './workspace.ts'

export interface CompareRequest extends OldNameChoice {
  /** The database that is compared with the plan's. */
  readonly other: DatabaseTarget
  readonly chunkRows: number
  /** Rows a second at most. */
  readonly maxRate?: number
  readonly settleMs: number
  /** Forget what an earlier comparison left. */
  readonly isFresh: boolean
  /** Where to write statements that make the other database like the plan's. */
  readonly repairFile?: string
}

export interface ComparedTable extends TableComparison {
  /** The old name. */
  readonly table: string
  /** Where it is now: in the plan's database, and in the other. */
  readonly here: string
  readonly there: string
}

export interface DatabaseComparison {
  readonly tables: readonly ComparedTable[]
  /** Whether an earlier comparison was continued. */
  readonly isContinued: boolean
}

/**
 * Compares tables of the plan, wherever they are now, with those of another database under their new or old names. Both may
 * be written to meanwhile. Nothing is changed; one that was stopped goes on when the same is asked for again.
 * @throws MigrateError `usage-invalid`, `table-not-found`, `connection-failed`, `connection-lost`, `interrupted`
 */
export async function compareDatabases(
  workspace: Workspace,
  request: CompareRequest,
  events: EventStream,
  signal?: AbortSignal,
): Promise<DatabaseComparison> {
  const { facts } = await survey(workspace)
  const tables = chooseTables(facts.tables, request)
  await using other = await Session.connect(request.other, `migrate/${workspace.plan.name}/compare`)
  const pairings = await pairUp(workspace.session, other, tables)
  const saved = await openSaved(workspace, request, other, pairings)
  await beAlone(workspace.session, saved.path)
  const { isContinued } = saved
  if (isContinued)
    events.emit({
      type: 'notice',
      level: 'info',
      text: `goes on where a comparison of ${saved.begunAt} was stopped; what was equal then is not read again`,
    })
  try {
    const compared = await compareAll(pairings, saved, request, events, signal)
    if (request.repairFile !== undefined) {
      const repairs = pairings.map(({ left, right }, index) => ({
        left,
        right,
        comparison: compared[index]!,
      }))
      await writeRepair(request.repairFile, repairs)
    }
    await saved.remove()
    return { tables: compared, isContinued }
  } catch (error) {
    await saved.keep()
    throw signal?.aborted === true ? stopped(signal) : inOwnWords(error, workspace, request, other)
  }
}

async function openSaved(
  { plan, session }: Workspace,
  { isFresh, chunkRows }: CompareRequest,
  other: Session,
  pairings: readonly Pairing[],
): Promise<SavedComparison> {
  const of = [await identityOf(session), await identityOf(other), String(chunkRows)]
  const names = pairings.map(({ left, right }) => `${qualified(left.relation)} ${qualified(right.relation)}`)
  return SavedComparison.open(join(plan.defaults.backupDir, plan.name), [...of, ...names], isFresh)
}

/** A database that was made again under its old name is another. */
async function identityOf(session: Session): Promise<string> {
  const { may } = await session.one<{ may: boolean }>(
    `select has_function_privilege('pg_control_system()', 'EXECUTE') as may`,
  )
  const { identity } = await session.one<{ identity: string }>(
    `select concat_ws(' ', d.oid, d.datname, ${may ? '(select system_identifier from pg_control_system())' : 'null'}) as identity
       from pg_database d where d.datname = current_database()`,
  )
  return `${describeTarget(session.target)} ${identity}`
}

/** Two that write into one file would each take the other's rows for its own. */
async function beAlone(session: Session, path: string): Promise<void> {
  const { free } = await session.one<{ free: boolean }>(
    `select pg_try_advisory_lock(hashtextextended($1, 0)) as free`,
    [`migrate compare ${path}`],
  )
  if (free) return
  throw new MigrateError('lease-held', 'the same comparison is under way already', {
    state: { kind: 'untouched' },
    next: ['wait for its end, or compare other tables: --table, --service'],
  })
}

async function compareAll(
  pairings: readonly Pairing[],
  saved: SavedComparison,
  request: CompareRequest,
  events: EventStream,
  signal: AbortSignal | undefined,
): Promise<ComparedTable[]> {
  const estimates = await estimateRows(pairings)
  const progress = new Progress(
    events,
    'comparison',
    estimates.reduce((sum, rows) => sum + rows, 0),
    'rows',
  )
  const compared: ComparedTable[] = []
  let before = 0
  for (const [index, { table, left, right }] of pairings.entries()) {
    const name = nameOf(table)
    const from = saved.under(name)
    const comparison =
      saved.done(name) ??
      (await compareTables(left, right, {
        ...request,
        ...(from === undefined ? {} : { from }),
        ...(signal === undefined ? {} : { signal }),
        async onChunk(state) {
          progress.set(before + Math.min(Math.max(...state.rows), estimates[index]!))
          await saved.reach(name, state)
        },
      }))
    await saved.finish(name, comparison)
    progress.set((before += estimates[index]!))
    compared.push({
      ...comparison,
      table: name,
      here: qualified(left.relation),
      there: qualified(right.relation),
    })
  }
  return compared
}

function stopped(signal: AbortSignal): MigrateError {
  const { code } = stopError(signal, 'the comparison')
  return new MigrateError(code, 'the comparison was stopped', {
    state: { kind: 'untouched', sentence: 'nothing was changed; how far it came is kept' },
    next: ['run the same command again to go on'],
  })
}

function inOwnWords(
  error: unknown,
  workspace: Workspace,
  { other }: CompareRequest,
  session: Session,
): unknown {
  if (isMigrateError(error)) return error
  if (!session.isLost) return databaseFailure(error, workspace) ?? error
  return new MigrateError('connection-lost', `the connection to ${describeTarget(other)} was lost`, {
    detail: [String(error)],
    state: { kind: 'untouched', sentence: 'nothing was changed; how far it came is kept' },
    next: ['run the same command again to go on'],
    cause: error,
  })
}
