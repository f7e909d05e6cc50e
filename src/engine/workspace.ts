import { EventStream } from '../events/stream.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { readJournalState, type JournalState } from '../journal/install.ts'
import { readJournal, type Journal } from '../journal/read.ts'
import { compileInPlace, type CompiledPhase } from '../movers/in-place.ts'
import { checkServer, type ServerFacts } from '../pg/server.ts'
import { Session } from '../pg/session.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import type { Plan } from '../plan/plan.ts'
import { stepContext } from '../steps/context.ts'
import type { StepContext } from '../steps/kind.ts'
import { readFacts, type Facts, type Remembered } from '../survey/facts.ts'
import { readStrays, resolveMappings, type Resolved } from '../survey/mapping.ts'
import { inOwnWords } from './failure.ts'
import { checkIdentity } from './identity.ts'
import { giveBackLeftovers } from './leftovers.ts'

/** A plan, the database it is about, and a session there. */
export interface Workspace {
  readonly plan: Plan
  readonly target: DatabaseTarget
  readonly session: Session
  readonly server: ServerFacts
}

/** What the journal and the catalogs say at one moment. */
export interface Survey {
  /** The run the plan is in; undefined before the first execution and after everything was rolled back. */
  readonly journal: Journal | undefined
  readonly journalState: JournalState
  readonly facts: Facts
  readonly phases: readonly CompiledPhase[]
  readonly context: StepContext
}

/**
 * Connects to the plan’s database and sees that it can be worked with. What a scream has left behind whose runner was
 * killed is given back first.
 * @throws MigrateError `connection-failed`, `server-unsupported`, `server-standby`, `pooler-detected`
 */
export async function openWorkspace(
  plan: Plan,
  purpose: string,
  events = new EventStream(),
): Promise<Workspace> {
  const alias = plan.services[0]!.database
  const target: DatabaseTarget = { alias, url: plan.databases[alias]!.url }
  const session = await Session.connect(target, `migrate/${plan.name}/${purpose}`)
  try {
    const server = await checkServer(session)
    await giveBackLeftovers(session, server, events)
    return { plan, target, session, server }
  } catch (error) {
    await session.close()
    throw error
  }
}

/**
 * Reads journal and catalogs and compiles the plan. Once a run has begun its tables are those of the journal, so that
 * a table created since, which a glob would match too, does not slip in.
 * @throws MigrateError `plan-changed`, `identity-changed`, `table-not-found`, `mapping-conflict`, `journal-newer`
 */
export function survey(work: Workspace): Promise<Survey> {
  return inOwnWords(work, () => readSurvey(work))
}

async function readSurvey(work: Workspace): Promise<Survey> {
  const { plan, session, server } = work
  const journalState = await readJournalState(session)
  const newest = journalState === 'missing' ? undefined : await readJournal(session, plan.name)
  const journal = isStanding(newest, plan) ? newest : undefined
  if (journal !== undefined) await checkIdentity(plan, server, journal.run)
  const resolved =
    journal === undefined ? await resolveMappings(session, plan) : await remembered(session, journal)
  if (resolved.mappings.length + resolved.objects.length === 0)
    throw new MigrateError('plan-invalid', 'the plan moves nothing')
  const facts = await readFacts(session, server, plan, resolved, memories(journal))
  return {
    journal,
    journalState,
    facts,
    phases: compileInPlace(plan, facts),
    context: stepContext(plan, facts),
  }
}

/** A reverted run is history; a completed one stands until the plan says something else. */
function isStanding(journal: Journal | undefined, plan: Plan): boolean {
  if (journal === undefined || journal.run.state === 'reverted') return false
  return journal.run.state === 'active' || journal.run.hash === plan.hash
}

async function remembered(session: Session, journal: Journal): Promise<Resolved> {
  const mappings = journal.mappings.map(
    ({ relation, service, name, source, target, compat, family, isAdopted }) => ({
      relation,
      service,
      name,
      source,
      target,
      compat,
      family,
      isAdopted,
    }),
  )
  return {
    mappings,
    objects: journal.objects,
    unclaimed: [],
    strayPartitions: await readStrays(session, mappings),
  }
}

function memories(journal: Journal | undefined): Remembered {
  const mappings = journal?.mappings ?? []
  return {
    sequences: mappings.flatMap(({ relation, baseline }) =>
      baseline.sequences.map((sequence) => ({ ...sequence, relation, usableBy: [] })),
    ),
    rowTypeUses: mappings.flatMap(({ relation, baseline }) =>
      baseline.rowTypeUses.map((user) => ({ relation, user })),
    ),
  }
}
