import { execute, type PhaseOutcome } from '../../src/engine/execute.ts'
import { rollback, type RollbackTarget, type UndoOutcome } from '../../src/engine/rollback.ts'
import { observe, type Observation } from '../../src/engine/observe.ts'
import { scream, type ScreamOutcome, type ScreamRequest } from '../../src/engine/scream.ts'
import { readStatus, type Status } from '../../src/engine/status.ts'
import { uninstall } from '../../src/engine/uninstall.ts'
import { verify, type Verification, type VerifyRequest } from '../../src/engine/verify.ts'
import { openWorkspace, survey, type Survey, type Workspace } from '../../src/engine/workspace.ts'
import { isMigrateError, type MigrateError } from '../../src/errors/migrate-error.ts'
import type { EventOf, MigrateEvent } from '../../src/events/event.ts'
import { EventStream, type Listener } from '../../src/events/stream.ts'
import type { Plan } from '../../src/plan/plan.ts'

export interface RunSettings {
  readonly waitMs?: number
  readonly signal?: AbortSignal
  /** Is told every event as it happens. */
  readonly on?: Listener
}

/** What one call of the engine did and said. */
export interface Told<T> {
  readonly outcomes: T
  readonly events: readonly MigrateEvent[]
}

/** Executes phases as the command does, in a session of its own. */
export async function run(
  plan: Plan,
  phases: readonly number[],
  settings: RunSettings = {},
): Promise<Told<PhaseOutcome[]>> {
  return told(plan, settings, (workspace, events) =>
    execute(
      workspace,
      { phases },
      { events, activity: `execute phase ${phases.join(', ')}`, ...rest(settings) },
    ),
  )
}

/** Rolls back as the command does. */
export async function undo(
  plan: Plan,
  target: RollbackTarget,
  settings: RunSettings = {},
): Promise<Told<UndoOutcome[]>> {
  return told(plan, settings, (workspace, events) =>
    rollback(workspace, target, { events, activity: 'rollback', ...rest(settings) }),
  )
}

/** Takes the privileges on old names for a time, as the command does. */
export async function silence(
  plan: Plan,
  request: ScreamRequest,
  settings: RunSettings = {},
): Promise<Told<ScreamOutcome>> {
  return told(plan, settings, (workspace, events) =>
    scream(workspace, request, { events, activity: 'scream', ...rest(settings) }),
  )
}

export async function watched(
  plan: Plan,
  request: ScreamRequest,
  settings: RunSettings = {},
): Promise<Told<Observation>> {
  const { signal = new AbortController().signal } = settings
  return told(plan, settings, (workspace, events) => observe(workspace, request, { events, signal }))
}

export async function statusOf(plan: Plan): Promise<Told<Status>> {
  return told(plan, {}, readStatus)
}

export async function check(plan: Plan): Promise<Verification> {
  return (await told(plan, {}, (workspace, events) => verify(workspace, { windowMs: 0 }, events))).outcomes
}

/** Verifies as the command does, with what is asked for. */
export async function verified(plan: Plan, request: VerifyRequest): Promise<Told<Verification>> {
  return told(plan, {}, (workspace, events) => verify(workspace, request, events))
}

/** What probes have to say, one line each: severity, probe, object, text. */
export function findingsOf({ probes }: Verification): string[] {
  return probes.flatMap(({ id, findings }) =>
    findings.map(({ severity, on, text }) => `${severity} ${id} ${on}: ${text}`),
  )
}

/** Every finding of every probe that is wrong, one line each. */
export async function problems(plan: Plan): Promise<string[]> {
  const { probes } = await check(plan)
  return probes.flatMap(({ id, findings }) =>
    findings
      .filter(({ severity, waived }) => severity === 'error' && waived === undefined)
      .map(
        ({ on, text, evidence }) =>
          `${id} ${on}: ${text}${evidence === undefined ? '' : ` ${evidence.join('; ')}`}`,
      ),
  )
}

export async function surveyed(plan: Plan): Promise<Survey> {
  return (await told(plan, {}, (workspace) => survey(workspace))).outcomes
}

export async function remove(plan: Plan, options = { forget: false }): Promise<boolean> {
  return (await told(plan, {}, (workspace) => uninstall(workspace, options))).outcomes.isRemoved
}

/** The error of the tool that something must fail with. */
export async function failureOf(doing: Promise<unknown>): Promise<MigrateError> {
  const outcome: unknown = await doing.then(
    (value) => new Error(`it succeeded with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
  if (isMigrateError(outcome)) return outcome
  throw outcome
}

/** The events of one type. */
export function eventsOf<T extends MigrateEvent['type']>(
  events: readonly MigrateEvent[],
  type: T,
): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type)
}

/** What someone should have known, as it was told. */
export function warningsOf(events: readonly MigrateEvent[]): string[] {
  return eventsOf(events, 'notice').flatMap(({ level, text }) => (level === 'warning' ? [text] : []))
}

async function told<T>(
  plan: Plan,
  settings: RunSettings,
  use: (workspace: Workspace, events: EventStream) => Promise<T>,
): Promise<Told<T>> {
  const stream = new EventStream()
  const events: MigrateEvent[] = []
  stream.on((event) => events.push(event))
  if (settings.on !== undefined) stream.on(settings.on)
  const workspace = await openWorkspace(plan, 'test', stream)
  try {
    return { outcomes: await use(workspace, stream), events }
  } finally {
    await workspace.session.close()
  }
}

function rest({ waitMs = 0, signal }: RunSettings): { waitMs: number; signal?: AbortSignal } {
  return signal === undefined ? { waitMs } : { waitMs, signal }
}
