import { MigrateError } from '../errors/migrate-error.ts'
import {
  forgetOriginal,
  rewriteOids,
  rewritePrivileges,
  rewriteRecords,
  rewriteScreams,
} from '../journal/copied.ts'
import { readJournalState } from '../journal/install.ts'
import { Lease } from '../journal/lease.ts'
import { readJournal, type Journal } from '../journal/read.ts'
import { standInsOf, settlePrivileges, wrapperOf } from '../steps/privileges.ts'
import type { EventStream } from '../events/stream.ts'
import { checkPlan } from './identity.ts'
import { findCopied, type Copied } from './copied.ts'
import { mendMarks, mendWatch } from './copied-marks.ts'
import { sequenceRecords } from './copied-sequences.ts'
import { lacks } from './copied-lacks.ts'
import { inOwnWords } from './failure.ts'
import { differing } from './copied-steps.ts'
import { survey, type Survey, type Workspace } from './workspace.ts'

export interface Adoption {
  readonly plan: string
  readonly from: { readonly database: string; readonly system: string }
  readonly database: string
  readonly tables: number
  readonly objects: number
  readonly isDone: boolean
  /** Is this no copy at all? */
  readonly isHome: boolean
  /** What the copy has not, or not yet, and what to look after. */
  readonly told: readonly string[]
  readonly next: readonly string[]
}

/**
 * Takes over the run of a database of which this is a copy: finds its things by name, sees that each step is here as its
 * journal says, and makes the journal speak of this database, all in one transaction. `isRehearsal` takes it back.
 * @throws MigrateError `phase-not-run`, `plan-changed`, `copy-differs` with everything that is not as it should be
 */
export async function adoptCopy(
  workspace: Workspace,
  { isRehearsal, waitMs, events }: { isRehearsal: boolean; waitMs: number; events: EventStream },
): Promise<Adoption> {
  return inOwnWords(workspace, async () => {
    const { plan, session, server, target } = workspace
    const journal =
      (await readJournalState(session)) === 'missing' ? undefined : await readJournal(session, plan.name)
    if (journal === undefined || journal.run.state === 'reverted')
      throw new MigrateError('phase-not-run', `this database holds no run of plan "${plan.name}"`, {
        next: ['migrate status'],
      })
    if (!isElsewhere(journal, server)) return described(workspace, journal, [], false)
    await checkPlan(plan, journal.run)
    if (isRehearsal) return adopting(workspace, journal, undefined)
    await using lease = await Lease.take(target, plan.name, {
      activity: 'adopt',
      waitMs,
      onWait: (holder) => events.emit({ type: 'lease:wait', holder }),
      onLost: () => undefined,
    })
    return await adopting(workspace, journal, lease.fence)
  })
}

function isElsewhere(
  { run }: Pick<Journal, 'run'>,
  { systemIdentifier, databaseOid }: Workspace['server'],
): boolean {
  return run.systemIdentifier !== systemIdentifier || run.databaseOid !== databaseOid
}

/** Without a lease it is taken back at the end. */
async function adopting(
  workspace: Workspace,
  journal: Journal,
  fence: string | undefined,
): Promise<Adoption> {
  const { session } = workspace
  await session.script('begin read write')
  try {
    if (fence !== undefined) await session.script(fence)
    const copied = await findCopied(session, journal)
    if (copied.missing.length > 0) throw differs(workspace, copied.missing)
    const foreign = await mendMarks(session, journal, copied)
    if (foreign.length > 0) throw differs(workspace, foreign)
    const now = await rewrite(workspace, journal, copied)
    const { wrong, told } = differing(now)
    if (wrong.length > 0) throw differs(workspace, wrong)
    const all = [...told, ...(await lacks(workspace, journal, now))]
    await session.script(fence === undefined ? 'rollback' : 'commit')
    return described(workspace, journal, all, fence !== undefined)
  } catch (error) {
    await session.script('rollback').catch(() => undefined)
    throw error
  }
}

async function rewrite(workspace: Workspace, journal: Journal, copied: Copied): Promise<Survey> {
  const { session, server, plan } = workspace
  const run = journal.run.id
  await rewriteOids(session, run, server, copied.oids, copied.tables)
  await rewriteRecords(session, run, copied.records)
  await forgetOriginal(session, run, plan.name)
  await mendWatch(session, plan.defaults.onDrift)
  const others = copied.relations.flatMap(({ was, oid, other, aside }) =>
    [other, aside].flatMap((it) =>
      it === null ? [] : [{ class: 'relation' as const, was, oid: oid!, other: it }],
    ),
  )
  const wrappers = copied.objects.flatMap(({ was, oid, wrapper }) =>
    wrapper === null ? [] : [{ class: 'function' as const, was, oid: oid!, other: wrapper }],
  )
  await rewritePrivileges(session, run, [...others, ...wrappers])
  const now = await survey(workspace)
  await rewriteRecords(session, run, sequenceRecords(journal, copied.records, now.facts.sequences.going))
  const silenced = now.facts.tables.flatMap(({ source, name, location: { view, shell } }) => {
    const other = view ?? shell
    return other === null ? [] : [{ name: `${source}.${name}`, other }]
  })
  for (const { id } of await rewriteScreams(session, run, silenced))
    await session.query(`select migrate.give_privileges($1, 'adopt')`, [id])
  const standIns = [...now.facts.tables.flatMap(standInsOf), ...now.facts.routines.flatMap(wrapperOf)]
  for (const statement of settlePrivileges(plan.name, standIns)) await session.script(statement)
  return survey(workspace)
}

function described(
  { plan, server }: Workspace,
  { run, mappings, objects }: Journal,
  told: readonly string[],
  isDone: boolean,
): Adoption {
  return {
    plan: plan.name,
    from: { database: run.databaseName, system: run.systemIdentifier },
    database: server.database,
    tables: mappings.length,
    objects: objects.length,
    isDone,
    isHome: !isElsewhere({ run }, server),
    told,
    next:
      isDone || !isElsewhere({ run }, server)
        ? ['migrate status', 'migrate verify']
        : [`migrate adopt --confirm ${server.database}`],
  }
}

function differs({ plan, server }: Workspace, findings: readonly string[]): MigrateError {
  return new MigrateError(
    'copy-differs',
    `database ${server.database} is not what its journal says of the run of plan "${plan.name}"`,
    {
      detail: findings,
      state: { kind: 'untouched', sentence: 'nothing was changed' },
      next: [
        'put right what is named, then run the same command again',
        `or give the run up here: migrate uninstall --forget --confirm ${plan.name}`,
      ],
    },
  )
}
