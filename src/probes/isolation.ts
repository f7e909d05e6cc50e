import { ident, qualified, role as roleName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { sqlstate, stateOf } from '../pg/sqlstate.ts'
import type { Service } from '../plan/plan.ts'
import { newName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Probe, ProbeContext, ProbeFinding } from './probe.ts'

/**
 * Each role of an isolated service can read the tables of its own schema, and has nothing in the schemas of the others.
 * As long as a table has its old name too, privileges by both names are the same, so that one in the wrong place is a
 * warning; from contract on it is an error.
 */
export const isolation: Probe = {
  id: 'isolation',
  title: 'roles work in their own schema and are refused in every other',
  async run(context) {
    const isolated = context.services.filter(({ isIsolated }) => isIsolated)
    if (isolated.length === 0)
      return [{ severity: 'info', on: context.plan.name, text: 'nothing to check: no service is isolated' }]
    const findings: ProbeFinding[] = []
    for (const service of isolated) {
      for (const role of service.roles) findings.push(...(await lookAt(role, service, context)))
    }
    return findings
  },
}

async function lookAt(role: string, service: Service, context: ProbeContext): Promise<ProbeFinding[]> {
  const { plan, facts, session } = context
  const { major } = facts.server
  const known = facts.roles.get(role)
  if (known === undefined) return [breach(role, 'the role does not exist')]
  if (known.isSuperuser) return [breach(role, 'it is a superuser, to whom nothing is refused')]
  const others = plan.services.filter(({ schema }) => schema !== service.schema)
  const placed = facts.tables.filter(({ location }) =>
    ['expanded', 'switched', 'contracted'].includes(location.stand),
  )
  const own = placed.filter((table) => table.service === service.name)
  const foreign = placed.filter((table) => table.service !== service.name)
  const found = [
    ...(await memberships(session, role, service, others)),
    ...(await privileges(session, role, others, foreign, major)),
    ...(await tried(session, role, own, foreign)),
  ]
  if (found.length > 0) return found
  const text = `reads ${own.length} tables of ${ident(service.schema)}, is refused ${foreign.length} of ${others.map(({ schema }) => ident(schema)).join(', ')}`
  return [{ severity: 'info', on: role, text }]
}

/** A role that may become another one has what that one has, whether or not it inherits it. */
async function memberships(
  session: Session,
  role: string,
  service: Service,
  others: readonly Service[],
): Promise<ProbeFinding[]> {
  const candidates = [...new Set(others.flatMap(({ roles }) => roles))].filter(
    (name) => !service.roles.includes(name),
  )
  const rows = await session.query<{ name: string }>(
    `select rolname as name from pg_roles where rolname = any($2) and pg_has_role($1, oid, 'MEMBER') order by 1`,
    [role, candidates],
  )
  return rows.map(({ name }) => breach(role, `it may act as ${roleName(name)}, a role of another service`))
}

/** Whatever it may do with relations in the schemas of others, also those that the plan does not move. */
async function privileges(
  session: Session,
  role: string,
  others: readonly Service[],
  foreign: readonly TableFacts[],
  major: number,
): Promise<ProbeFinding[]> {
  const ofTables = `SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER${major < 17 ? '' : ', MAINTAIN'}`
  const rows = await session.query<{ oid: number; name: string }>(
    `select c.oid, format('%I.%I', n.nspname, c.relname) as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any($2) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and has_schema_privilege($1, n.oid, 'USAGE')
        and case when c.relkind = 'S' then has_sequence_privilege($1, c.oid, 'USAGE, SELECT, UPDATE')
                 else has_table_privilege($1, c.oid, $3)
                      or has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES') end
      order by 2`,
    [role, others.map(({ schema }) => schema), ofTables],
  )
  return rows.map(({ oid, name }) => {
    const table = foreign.find(({ relation, location }) => relation === oid || location.view === oid)
    return breach(role, `it has privileges on ${name}, which is of another service`, table)
  })
}

/** Does what the catalogs promise: as the role, in a transaction that is rolled back. */
async function tried(
  session: Session,
  role: string,
  own: readonly TableFacts[],
  foreign: readonly TableFacts[],
): Promise<ProbeFinding[]> {
  const findings: ProbeFinding[] = []
  await session.script('begin read only')
  try {
    await session.script(`set local role ${ident(role)}`)
    for (const table of own) {
      const error = await attempt(session, table)
      if (error !== undefined)
        findings.push(
          breach(role, `it cannot read ${qualified(newName(table))}: ${(error as Error).message}`),
        )
    }
    for (const table of foreign) {
      const error = await attempt(session, table)
      if (stateOf(error) === sqlstate.insufficientPrivilege) continue
      const what =
        error === undefined ? 'it can read' : `SQLSTATE ${stateOf(error) ?? 'none'} and not 42501 refuses it`
      findings.push(breach(role, `${what} ${qualified(newName(table))}, which is of another service`, table))
    }
  } finally {
    await session.script('rollback').catch(() => undefined)
  }
  return findings
}

async function attempt(session: Session, table: TableFacts): Promise<unknown> {
  try {
    await session.script(`savepoint tried; select from ${qualified(newName(table))} limit 0`)
    return undefined
  } catch (error) {
    if (stateOf(error) === undefined) throw error
    return error
  } finally {
    await session.script('rollback to tried').catch(() => undefined)
  }
}

function breach(role: string, text: string, table?: TableFacts): ProbeFinding {
  const hasOldName = table !== undefined && table.location.stand !== 'contracted'
  return hasOldName
    ? { severity: 'warning', on: role, text: `${text}; as by its old name, and an error from contract on` }
    : { severity: 'error', on: role, text }
}
