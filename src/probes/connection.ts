import { isMigrateError } from '../errors/migrate-error.ts'
import { ident } from '../pg/quoting.ts'
import { Session } from '../pg/session.ts'
import { formatDuration } from '../plan/duration.ts'
import type { Service } from '../plan/plan.ts'
import { splitPath } from '../survey/search-path.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Probe, ProbeContext, ProbeFinding } from './probe.ts'

const defaultBudgetMs = 2_000

/** Each service gets in by its own connection string, in time, and finds its tables by their names alone. */
export const connection: Probe = {
  id: 'connection',
  title: 'each service connects by its own url and finds its tables',
  budgetMs: defaultBudgetMs,
  keepsBudget: true,
  async run(context) {
    const visited = context.services.filter(({ url }) => url !== undefined)
    if (visited.length === 0)
      return [{ severity: 'info', on: context.plan.name, text: 'nothing to check: no service has a url' }]
    return (await Promise.all(visited.map((service) => visit(service, context)))).flat()
  },
}

async function visit(service: Service, context: ProbeContext): Promise<ProbeFinding[]> {
  const { plan, budgetMs = defaultBudgetMs } = context
  const error = (text: string): ProbeFinding => ({ severity: 'error', on: service.name, text })
  const target = { alias: service.name, url: service.url! }
  const began = performance.now()
  const opening = Session.connect(target, `migrate/${plan.name}/connection`, '')
  const looking = opening.then((session) => look(session, service, context, began))
  let isAnswered = false
  const tooLate = Symbol('too late')
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<typeof tooLate>(
    (resolve) => (timer = setTimeout(() => resolve(tooLate), budgetMs)),
  )
  try {
    const seen = await Promise.race([looking, late])
    isAnswered = seen !== tooLate
    return seen === tooLate
      ? [error(`no connection and answers within ${formatDuration(budgetMs)}`)]
      : [...seen.problems.map(error), { severity: 'info', on: service.name, text: seen.text }]
  } catch (failure) {
    const { message } = failure as Error
    return [{ ...error(message), ...(isMigrateError(failure) ? { evidence: failure.detail } : {}) }]
  } finally {
    clearTimeout(timer)
    looking.catch(() => undefined)
    // One that comes too late is left when it comes; a server that has fallen silent would not answer a goodbye.
    opening.then(
      (session) => (isAnswered ? session.close() : session.abandon()),
      () => undefined,
    )
  }
}

async function look(
  session: Session,
  service: Service,
  context: ProbeContext,
  began: number,
): Promise<{ problems: string[]; text: string }> {
  const connectedMs = performance.now() - began
  await session.query('select 1')
  const ms = performance.now() - began
  // A pooler may lend the session to others between transactions.
  await session.script(
    `begin read only; set local statement_timeout = ${context.budgetMs ?? defaultBudgetMs}`,
  )
  const elsewhere = await wrongPlace(session, context)
  const { role, problems } = await namesFound(session, service, context)
  await session.script('rollback')
  const text = `connected in ${Math.round(connectedMs)} ms, first statement answered after ${Math.round(ms)} ms, as ${role}`
  return { problems: [...elsewhere, ...problems], text }
}

/** Another server or database may have tables of the same names, even of the same OIDs. */
async function wrongPlace(
  session: Session,
  { facts: { server }, session: home }: ProbeContext,
): Promise<string[]> {
  const its = await whereabouts(session)
  const ours = await whereabouts(home)
  if (its.standby && !ours.standby && its.system === ours.system)
    return ['it is connected to a standby, which refuses writes']
  if (its.system !== null && ours.system !== null && its.system !== ours.system)
    return [`it is connected to another server, of system identifier ${its.system}`]
  if (its.database !== server.database)
    return [`it is connected to database ${its.database}, not ${server.database}`]
  return its.started === ours.started ? [] : ['it is connected to another server']
}

interface Whereabouts {
  readonly database: string
  readonly standby: boolean
  readonly started: string
  readonly mayTell: boolean
  readonly system: string | null
}

async function whereabouts(session: Session): Promise<Whereabouts> {
  const seen = await session.one<Omit<Whereabouts, 'system'>>(
    `select pg_catalog.current_database() as database, pg_catalog.pg_is_in_recovery() as standby,
            extract(epoch from pg_catalog.pg_postmaster_start_time())::pg_catalog.text as started,
            pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') as "mayTell"`,
  )
  if (!seen.mayTell) return { ...seen, system: null }
  const { system } = await session.one<{ system: string }>(
    'select system_identifier::pg_catalog.text as system from pg_catalog.pg_control_system()',
  )
  return { ...seen, system }
}

/**
 * What stands at the names of the tables, as the service's own search_path finds them: so the questions themselves name
 * everything with its schema.
 */
async function namesFound(
  session: Session,
  service: Service,
  { tables }: ProbeContext,
): Promise<{ role: string; problems: string[] }> {
  const own = tables.filter((table) => table.service === service.name)
  const { role, path } = await session.one<{ role: string; path: string }>(
    `select current_user as role, pg_catalog.current_setting('search_path') as path`,
  )
  const rows = await session.query<{ oid: number | null; may: boolean | null }>(
    `select r as oid, pg_catalog.has_any_column_privilege(r, 'SELECT') as may
       from pg_catalog.unnest($1::pg_catalog.text[]) with ordinality n (name, position),
            lateral (select pg_catalog.to_regclass(n.name)::pg_catalog.oid as r) f
      order by n.position`,
    [own.map(({ name }) => ident(name))],
  )
  return {
    role,
    problems: [
      ...pathProblems(service, path),
      ...own.flatMap((table, index) => tableProblem(table, rows[index]!, path) ?? []),
    ],
  }
}

function pathProblems({ searchPath }: Service, path: string): string[] {
  if (searchPath === undefined) return []
  const is = splitPath(path)
  const isSame = is.length === searchPath.length && is.every((schema, n) => schema === searchPath[n])
  return isSame ? [] : [`its search_path is ${path}, not ${searchPath.join(', ')}`]
}

function tableProblem(
  { name, relation, location }: TableFacts,
  { oid, may }: { oid: number | null; may: boolean | null },
  path: string,
): string | undefined {
  if (oid === null) return `${ident(name)} is not found by search_path ${path}`
  if (![relation, location.view, location.shell].includes(oid))
    return `${ident(name)} is found by search_path ${path}, but is another table`
  return may === true ? undefined : `its role may not read ${ident(name)}`
}
