import type { CanaryReport } from '../canary/report.ts'
import { readDrift, type Drift } from '../journal/drift.ts'
import { readPrivilegeChanges } from '../journal/privileges.ts'
import { isPoisoned, poisonFindings } from '../journal/poison.ts'
import { readLease, type LeaseRow } from '../journal/read.ts'
import type { WorkState } from '../journal/rows.ts'
import { readBlockers, describeBlocker } from '../catalog/blockers.ts'
import { readKept, type KeptRestore } from '../restore/kept.ts'
import { findingLine, isBlocking, type Finding } from '../survey/finding.ts'
import { openStandbys } from '../standby/standby.ts'
import { observeUse } from '../usage/observe.ts'
import { recordUse } from '../usage/record.ts'
import { watchedNames } from '../usage/watched-name.ts'
import { describeOldNames, type OldNameStatus } from '../usage/old-names.ts'
import { inOwnWords } from './failure.ts'
import { isLeaseHeld } from './lease-held.ts'
import { isDone, isPending, phaseRow, placedSteps } from './phases.ts'
import { cure, isOfCanary } from './poisoned.ts'
import { phaseFindings } from './readiness.ts'
import { observeStep } from './step.ts'
import { survey, type Survey, type Workspace } from './workspace.ts'

export type ShownState = WorkState | 'interrupted' | 'rolled-back'

export interface StepStatus {
  readonly id: string
  readonly kind: string
  readonly state: WorkState | 'interrupted'
  /** What the catalogs say of it, whatever the journal says. */
  readonly observed: string
  readonly stallMs: number | null
  /** What the runner’s own statements lived through during its latest switch. */
  readonly canary: CanaryReport | null
  readonly error: string | null
}

export interface PhaseStatus {
  readonly number: number
  readonly name: string
  readonly kind: string
  readonly state: ShownState
  readonly beganAt: Date | null
  readonly endedAt: Date | null
  readonly steps: readonly StepStatus[]
  /** What a check has found wrong; no later phase begins until it passes or is waived. */
  readonly poison: { readonly at: string; readonly by: string; readonly findings: readonly Finding[] } | null
}

export interface Status {
  readonly plan: string
  readonly hash: string
  readonly database: string
  readonly run: {
    id: number
    state: string
    beganAt: Date
    beganBy: string
  } | null
  readonly lease: {
    holder: string
    activity: string | null
    since: Date | null
    heartbeatAgeMs: number | null
  } | null
  readonly phases: readonly PhaseStatus[]
  /** Why the next phase cannot begin now; empty when it can. */
  readonly notReady: readonly string[]
  /** Sessions in transactions of over a second that hold locks on tables of the plan. */
  readonly blockers: readonly string[]
  readonly oldNames: readonly OldNameStatus[]
  /** Changes of structure by others since the run began, newest first. */
  readonly drift: readonly Drift[]
  /** What was granted, revoked or given away by one of two names, and is so by the other only after the next command. */
  readonly privileges: readonly string[]
  /** Restores whose old rows take room until they are released. */
  readonly kept: readonly KeptRestore[]
  readonly next: readonly string[]
}

const longTransactionMs = 1000

/** Where the plan stands, why it does not go on, and what to type next. Adds an observation of who uses old names. */
export async function readStatus(workspace: Workspace): Promise<Status> {
  return inOwnWords(workspace, () => read(workspace))
}

async function read(workspace: Workspace): Promise<Status> {
  const now = await survey(workspace)
  const { plan, session, server } = workspace
  const lease = now.journalState === 'missing' ? undefined : await readLease(session, plan.name)
  const isLive = lease !== undefined && lease.releasedAt === null && (await isLeaseHeld(workspace))
  const phases = plan.phases.map(({ number }) => phaseStatus(workspace, now, number, isLive))
  const nextPhase = plan.phases.find(({ number }) => !isDone(now, number))
  const run = now.journal?.run
  return {
    plan: plan.name,
    hash: plan.hash.slice(0, 12),
    database: `${server.database} on PostgreSQL ${server.version}`,
    run:
      run === undefined
        ? null
        : {
            id: run.id,
            state: run.state,
            beganAt: run.beganAt,
            beganBy: run.beganBy,
          },
    lease: isLive ? holderOf(lease) : null,
    phases,
    notReady:
      nextPhase === undefined || run?.state === 'completed'
        ? []
        : [
            ...poisonLines(workspace, now, nextPhase.number),
            ...(await phaseFindings(workspace, now, nextPhase.number)).filter(isBlocking).map(findingLine),
          ],
    blockers: await longTransactions(now, workspace),
    oldNames: run === undefined ? [] : await oldNames(workspace, now, run.id),
    drift: run === undefined ? [] : await readDrift(session, run.id),
    privileges: (await readPrivilegeChanges(session, plan.name, now.facts)).map(({ change }) => change),
    kept: await readKept(session),
    next: nextCommands(now, workspace, isLive),
  }
}

function phaseStatus({ plan }: Workspace, now: Survey, number: number, isLive: boolean): PhaseStatus {
  const phase = now.phases.find((candidate) => candidate.number === number)!
  const row = phaseRow(now, number)
  return {
    number,
    name: phase.name,
    kind: phase.kind,
    state: shown(row?.state ?? 'pending', isLive, row?.endedAt != null),
    beganAt: row?.beganAt ?? null,
    endedAt: row?.endedAt ?? null,
    poison: row?.poison == null ? null : { ...row.poison, findings: poisonFindings(plan, row) },
    steps: placedSteps(now, phase).map((placed) => ({
      id: placed.step.id,
      kind: placed.step.kind,
      state: shown(placed.row?.state ?? 'pending', isLive, false) as StepStatus['state'],
      observed: observeStep(placed, now.context),
      stallMs: placed.row?.stallMs ?? null,
      canary: placed.row?.canary ?? null,
      error: placed.row?.error ?? null,
    })),
  }
}

/** What checks have found wrong with the phases before one. */
function poisonLines({ plan }: Workspace, now: Survey, before: number): string[] {
  return plan.phases
    .filter(({ number }) => number < before)
    .flatMap(({ number }) => phaseRow(now, number) ?? [])
    .flatMap((row) => poisonFindings(plan, row).filter(isBlocking))
    .map(findingLine)
}

/** "Interrupted" is never stored: it is `running` without anyone who runs it. */
function shown(state: WorkState, isLive: boolean, wasEnded: boolean): ShownState {
  if (state === 'pending' && wasEnded) return 'rolled-back'
  return (state === 'running' || state === 'undoing') && !isLive ? 'interrupted' : state
}

function holderOf(lease: LeaseRow): Status['lease'] {
  return {
    holder: `${lease.osUser}@${lease.host} pid ${lease.osPid}`,
    activity: lease.activity,
    since: lease.takenAt,
    heartbeatAgeMs: lease.heartbeatAgeMs,
  }
}

async function longTransactions(now: Survey, { session }: Workspace): Promise<string[]> {
  const oids = now.facts.tables.flatMap(({ relation, location }) => [
    relation,
    ...[location.view, location.shell].filter((oid) => oid !== null),
  ])
  return (await readBlockers(session, oids, longTransactionMs)).map(describeBlocker)
}

async function oldNames(
  { plan, target, session }: Workspace,
  now: Survey,
  run: number,
): Promise<OldNameStatus[]> {
  await using elsewhere = await openStandbys(plan.databases[target.alias]!.standbys, `${plan.name}/status`)
  const names = watchedNames(now.facts.tables, now.facts.routines)
  const seen = await observeUse({ session, standbys: elsewhere.standbys }, names)
  await recordUse(session, run, seen)
  const switched = names.filter(({ location }) => location.stand === 'switched')
  return await describeOldNames(session, run, switched, seen)
}

function nextCommands(now: Survey, { plan }: Workspace, isLive: boolean): string[] {
  if (isLive) return ['migrate status']
  const wrong = plan.phases.find(
    ({ number }) => !isPending(now, number) && isPoisoned(plan, phaseRow(now, number)),
  )
  const check = wrong === undefined ? [] : [cure(plan, phaseRow(now, wrong.number)!)]
  const state = now.journal?.run.state
  if (state === 'completed')
    return [
      ...(wrong === undefined ? ['migrate verify'] : check),
      `migrate uninstall --confirm ${plan.name}        removes the journal, and with it the way back`,
      `migrate rollback --phase ${plan.phases.at(-1)!.number}        makes the old names again`,
    ]
  const begun = plan.phases.filter(({ number }) => !isPending(now, number))
  const undoing = begun.find(({ number }) => phaseRow(now, number)?.state === 'undoing')
  if (undoing !== undefined)
    return [
      `migrate rollback --phase ${undoing.number}        continues the rollback`,
      // A switch that has held its canary up is undone by either.
      ...(isOfCanary(phaseRow(now, undoing.number)?.poison)
        ? []
        : [`migrate execute --phase ${undoing.number}        goes forward again`]),
    ]
  const next = plan.phases.find(({ number }) => !isDone(now, number))
  const last = begun.at(-1)
  return [
    ...check,
    ...(next === undefined
      ? []
      : [
          `migrate execute --phase ${next.number}${next.kind === 'contract' ? ` --confirm ${plan.name}` : ''}`,
        ]),
    ...(last === undefined ? [] : [`migrate rollback --phase ${last.number}`]),
  ]
}
