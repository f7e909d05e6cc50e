import { isView } from '../catalog/relations.ts'
import { ident, qualified, role as roleName } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { sqlstate, stateOf } from '../pg/sqlstate.ts'
import type { Service } from '../plan/plan.ts'
import { newName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Probe, ProbeContext, ProbeFinding } from './probe.ts'
import { readLacks, readPower, readReach } from './reach.ts'

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
    ...(await lacks(session, role, own)),
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

/** Whatever it may do in the schemas of others, also with what the plan does not move. */
async function privileges(
  session: Session,
  role: string,
  others: readonly Service[],
  foreign: readonly TableFacts[],
  major: number,
): Promise<ProbeFinding[]> {
  const schemas = others.map(({ schema }) => schema)
  const reach = [
    ...(await readPower(session, role, major)),
    ...(await readReach(session, role, schemas, major)),
  ]
  const isOwn = (text: string): boolean => reach.some((each) => each.text === text && each.by === role)
  return reach
    .filter(({ by, text }) => by === role || !isOwn(text))
    .map(({ by, oid, text, schema, isSure }) => {
      const who = by === role ? 'it' : `as ${roleName(by)} it`
      // By old names there is as much to get at, until they are gone.
      const table =
        foreign.find(({ relation, location }) => relation === oid || location.view === oid) ??
        (text.startsWith('is given by default') ? foreign.find(({ target }) => target === schema) : undefined)
      const whose = schema !== null && schemas.includes(schema) ? ', which is of another service' : ''
      const found = breach(role, `${who} ${text}${whose}`, table)
      return isSure ? found : { ...found, severity: 'warning' }
    })
}

/** What it lacks for its own work. */
async function lacks(session: Session, role: string, own: readonly TableFacts[]): Promise<ProbeFinding[]> {
  const { login } = await session.one<{ login: boolean }>(
    `select exists (select from pg_roles m where m.rolcanlogin and not m.rolsuper and pg_has_role(m.oid, r.oid, 'MEMBER')) as login
       from pg_roles r where r.rolname = $1`,
    [role],
  )
  const texts = await readLacks(
    session,
    role,
    own.map(({ relation }) => relation),
  )
  return [
    ...(login ? [] : [breach(role, 'it may not log in, nor may a role that is a member of it')]),
    ...texts.map((text): ProbeFinding => ({ severity: 'warning', on: role, text })),
  ]
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
      const name = qualified(newName(table))
      const error = await attempt(session, `select from ${name} limit 0`)
      if (error !== undefined)
        findings.push(breach(role, `it cannot read ${name}: ${(error as Error).message}`))
      for (const write of await writes(session, table)) {
        const refused = await attempt(session, write)
        if (refused !== undefined)
          findings.push(breach(role, `it cannot write ${name}: ${(refused as Error).message}`))
      }
    }
    for (const table of foreign) {
      const name = qualified(newName(table))
      const error = await attempt(session, `select from ${name} limit 0`)
      const isRefused = stateOf(error) === sqlstate.insufficientPrivilege
      if (isRefused) findings.push(...(await byOldName(session, role, table)))
      if (isRefused) continue
      const what =
        error === undefined ? 'it can read' : `SQLSTATE ${stateOf(error) ?? 'none'} and not 42501 refuses it`
      findings.push(breach(role, `${what} ${name}, which is of another service`, table))
    }
  } finally {
    await session.script('rollback').catch(() => undefined)
  }
  return findings
}

/** Refused by its new name only, it still gets at the table until the old one is gone. */
async function byOldName(session: Session, role: string, table: TableFacts): Promise<ProbeFinding[]> {
  if (table.location.stand === 'contracted') return []
  const name = qualified({ schema: table.source, name: table.name })
  const error = await attempt(session, `select from ${name} limit 0`)
  const text = `it can read ${name}, the old name of a table of another service; gone from contract on`
  return error === undefined ? [{ severity: 'warning', on: role, text }] : []
}

/** Writes that it has the privileges for, only explained: the server checks them, and no trigger hears of it. */
async function writes(session: Session, table: TableFacts): Promise<string[]> {
  const column = table.columns.find(({ identity, generated }) => identity !== 'a' && generated === '')
  if (column === undefined || isView(table.live)) return []
  const [name, its] = [qualified(newName(table)), ident(column.name)]
  const { inserts, updates, deletes } = await session.one<{
    inserts: boolean
    updates: boolean
    deletes: boolean
  }>(
    `select has_table_privilege($1::oid, 'INSERT') as inserts, has_table_privilege($1::oid, 'UPDATE') as updates, has_table_privilege($1::oid, 'DELETE') as deletes`,
    [table.relation],
  )
  return [
    ...(inserts ? [`explain insert into ${name} (${its}) select null where false`] : []),
    ...(updates ? [`explain update ${name} set ${its} = default where false`] : []),
    ...(deletes ? [`explain delete from ${name} where false`] : []),
  ]
}

async function attempt(session: Session, statement: string): Promise<unknown> {
  try {
    await session.script(`savepoint tried; ${statement}`)
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
