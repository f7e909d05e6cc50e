import { MigrateError } from '../errors/migrate-error.ts'
import {
  givePrivileges,
  noteScreams,
  readRemarks,
  rehearse,
  takePrivileges,
  type Silenced,
} from '../journal/screams.ts'
import { sqlstate, stateOf } from '../pg/sqlstate.ts'
import { openStandbys, type Standby } from '../standby/standby.ts'
import type { TableFacts } from '../survey/facts.ts'
import { lookoutsFrom, type Attempt } from '../usage/attempts.ts'
import { listen, triers, type Trier } from '../usage/listen.ts'
import { observeUse } from '../usage/observe.ts'
import { recordUse } from '../usage/record.ts'
import { chooseOldNames, nameOf, standsAtOldName, type OldNameChoice } from '../usage/old-names.ts'
import { ScreamGuard } from '../usage/scream-guard.ts'
import { privilegesMissing } from './leftovers.ts'
import { withLease, type RunnerOptions } from './runner.ts'
import { stopError, type Work } from './work.ts'
import { survey, type Workspace } from './workspace.ts'

/** The runner gives back on time; its guard, should the runner not do it, this much later. */
const guardLateMs = 1_000

export interface ScreamRequest extends OldNameChoice {
  readonly forMs: number
}

export interface ScreamOutcome {
  readonly ms: number
  readonly names: readonly { readonly name: string; readonly triers: readonly Trier[] }[]
  /** Transactions of the whole database that were rolled back meanwhile, for whatever reason. */
  readonly rolledBack: number
  /** In what privileges are not as they were before. */
  readonly remarks: readonly string[]
}

/** What a scream would touch. */
export interface ScreamList {
  readonly names: readonly string[]
  /** Functions that use these names: contract rewrites most of them with the new ones, but only then. */
  readonly routines: readonly string[]
}

/** The old names that would be silenced; nothing is changed. @throws MigrateError as `scream` does */
export async function screamList(workspace: Workspace, choice: OldNameChoice): Promise<ScreamList> {
  const { facts } = await survey(workspace)
  const tables = chooseOldNames(facts.tables, choice)
  const mentioned = tables.flatMap(({ mentions }) => mentions.map(({ signature }) => signature))
  return { names: tables.map(nameOf), routines: [...new Set(mentioned)].sort() }
}

/**
 * Takes every privilege on old names for a time, so that whoever still uses one fails while that is easily undone, and
 * gives back exactly what there was: at the end, when it is stopped, or by others when the runner is killed.
 * @throws MigrateError `phase-not-run`, `usage-invalid`, `privileges-fixed`, `privileges-missing`, `interrupted`,
 * `terminated`, `connection-lost`
 */
export async function scream(
  workspace: Workspace,
  request: ScreamRequest,
  options: RunnerOptions,
): Promise<ScreamOutcome> {
  chooseOldNames((await survey(workspace)).facts.tables, request)
  return withLease(workspace, options, async (work) => {
    const tables = chooseOldNames((await survey(work)).facts.tables, request)
    await refuseFixed(work, tables)
    return silence(work, tables, request.forMs)
  })
}

/** Tries on each name whether its privileges can be given back as they are, in a transaction that is rolled back. */
async function refuseFixed(work: Work, tables: readonly TableFacts[]): Promise<void> {
  const reasons: string[] = []
  for (const table of tables) {
    const reason = await rehearse(work.session, work.run, silenced(table)).catch((error: unknown) => {
      if (work.session.isLost) throw error
      return (error as Error).message
    })
    if (reason !== undefined) reasons.push(`${nameOf(table)}: ${reason}`)
  }
  if (reasons.length > 0) throw fixed(reasons)
}

async function silence(work: Work, tables: readonly TableFacts[], forMs: number): Promise<ScreamOutcome> {
  const { session, target, plan, lease, run, events, signal } = work
  await using elsewhere = await openStandbys(plan.databases[target.alias]!.standbys, `${plan.name}/scream`)
  await using guard = await ScreamGuard.post(target, plan.name)
  const began = performance.now()
  const before = await rollbacks(work)
  const notes = await noteScreams(session, run, tables.map(silenced), guard.pid)
  const ids = notes.map(({ id }) => id)
  try {
    const isTaken =
      (await guard.watch(ids, session)) &&
      (await takePrivileges(session, lease, ids, forMs + guardLateMs).catch((error: unknown) => {
        // Somebody has granted something since it was tried.
        throw stateOf(error) === sqlstate.privilegesRemain ? fixed([(error as Error).message]) : error
      }))
    if (!isTaken) throw unguarded('nothing was taken')
    const servers = await lookoutsFrom(session, elsewhere.standbys)
    const isOver = (): boolean => guard.isGone || signal?.aborted === true
    const listening = performance.now()
    const attempts = await listen(tables, servers, { forMs, events, isOver })
    const wasGuarded = !guard.isGone || performance.now() - listening >= forMs
    await giveBack(work, notes)
    await record(work, tables, elsewhere.standbys, attempts)
    const outcome = {
      ms: performance.now() - began,
      names: tables.map((table) => ({
        name: nameOf(table),
        triers: triers(attempts.filter(({ relation }) => relation === table.relation)),
      })),
      rolledBack: (await rollbacks(work)) - before,
      remarks: await readRemarks(session, ids),
    }
    if (signal?.aborted === true) throw endedEarly(stopError(signal, 'the time was over'), outcome)
    if (!wasGuarded) throw endedEarly(unguarded('what was taken was given back'), outcome)
    return outcome
  } finally {
    // Whatever went wrong above: what is still taken is given back now, or by the guard.
    await giveBack(work, notes).catch(() => undefined)
  }
}

async function giveBack({ session }: Work, notes: readonly { id: number; name: string }[]): Promise<void> {
  const failed: { name: string; error: unknown }[] = []
  for (const { id, name } of notes)
    await givePrivileges(session, id, 'runner').catch((error: unknown) => failed.push({ name, error }))
  if (failed.length === 0) return
  throw privilegesMissing(
    failed.map(({ name }) => name),
    failed[0]!.error,
  )
}

/** Whoever tried is a user: the gate of contract shall know. */
async function record(
  { session, run }: Work,
  tables: readonly TableFacts[],
  standbys: readonly Standby[],
  attempts: readonly Attempt[],
): Promise<void> {
  const uses = (await observeUse({ session, standbys }, tables)).map((use) => ({
    ...use,
    sightings: attempts.filter(({ relation }) => relation === use.relation).slice(0, 20),
  }))
  await recordUse(
    session,
    run,
    uses.filter(({ sightings }) => sightings.length > 0),
  )
}

async function rollbacks({ session }: Work): Promise<number> {
  const { count } = await session.one<{ count: number }>(
    `select xact_rollback::float8 as count from pg_stat_database where datname = current_database()`,
  )
  return count
}

function silenced(table: TableFacts): Silenced {
  return { relation: standsAtOldName(table)!, name: nameOf(table) }
}

function fixed(reasons: readonly string[]): MigrateError {
  return new MigrateError(
    'privileges-fixed',
    'the privileges on old names could not be given back as they are, so they are not taken',
    {
      detail: reasons,
      next: ['run the same command as a superuser', 'or choose the other tables with --service or --table'],
    },
  )
}

function unguarded(sentence: string): MigrateError {
  return new MigrateError(
    'connection-lost',
    'the session that would have given the privileges back was ended by someone',
    { state: { kind: 'untouched', sentence }, next: ['migrate status', 'run the same command again'] },
  )
}

/** What was seen until then is told all the same. */
function endedEarly(cause: MigrateError, { names, remarks }: ScreamOutcome): MigrateError {
  return new MigrateError(cause.code, cause.message, {
    detail: [
      ...names.flatMap(({ name, triers: who }) =>
        who.map(({ role, application, statement }) => `${name}: role ${role} "${application}": ${statement}`),
      ),
      ...remarks,
    ],
    state: { kind: 'untouched', sentence: 'what was taken has been given back' },
    next: ['migrate status        shows who uses old names'],
    cause,
  })
}
