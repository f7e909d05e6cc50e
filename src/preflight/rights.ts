import { ident, qualified, role } from '../pg/quoting.ts'
import { oldName } from '../steps/names.ts'
import { always, type Draft, type PreflightContext, type Rule } from './rule.ts'

/** Rules about what the runner's role may do. */
export const rightsRules: readonly Rule[] = [
  { id: 'rights', code: 'PF-12', severity: 'error', waivable: false, phases: always, check: missingRights },
  {
    id: 'role-missing',
    code: 'PF-12',
    severity: 'error',
    waivable: false,
    phases: ['expand'],
    check: ({ plan, facts }) =>
      plan.services.flatMap(({ roles, name }) =>
        roles
          .filter((wanted) => !facts.roles.has(wanted))
          .map((wanted) => ({
            on: wanted,
            text: `service ${name} names a role that does not exist`,
            remedy: `create role ${ident(wanted)} login`,
          })),
      ),
  },
  {
    id: 'way-back-rights',
    code: 'PF-12',
    severity: 'warning',
    waivable: true,
    phases: ['contract'],
    check: async ({ facts, tables, routines, session }) => {
      if (facts.server.isSuperuser) return []
      const pairs = [
        ...tables.map(({ source, live }) => ({ source, owner: live.owner })),
        ...routines.map(({ source, location }) => ({ source, owner: location.owner })),
      ]
      const lacking = await session.query<{ source: string; owner: string }>(
        `select distinct p->>'source' as source, p->>'owner' as owner from jsonb_array_elements($1::jsonb) p
          where p->>'owner' <> current_user and not has_schema_privilege(p->>'owner', p->>'source', 'CREATE') order by 1, 2`,
        [JSON.stringify(pairs)],
      )
      return lacking.map(({ source, owner }) => ({
        on: owner,
        text: `role ${role(owner)} may not create in schema ${ident(source)}: the undo of contract, which makes its old names again, would be refused`,
        remedy: `grant create on schema ${ident(source)} to ${role(owner)}`,
      }))
    },
  },
  {
    id: 'deadlock-timeout',
    code: 'PF-12',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    check: ({ facts: { server } }) =>
      server.canSetDeadlockTimeout
        ? []
        : [
            {
              on: server.user,
              text: 'the runner may not set deadlock_timeout: a deadlock may hit a client, and an autovacuum in the way is waited for and not cancelled',
              remedy:
                server.major >= 15
                  ? `grant set on parameter deadlock_timeout to ${role(server.user)}`
                  : 'let a superuser run the switch',
            },
          ],
  },
  {
    id: 'stall-budget',
    code: 'PF-12',
    severity: 'error',
    waivable: true,
    phases: ['switch'],
    check: ({ plan, facts: { server } }) =>
      server.canSetDeadlockTimeout || plan.defaults.stallBudgetMs <= server.deadlockTimeoutMs / 2
        ? []
        : [
            {
              on: 'defaults.stallBudget',
              text: `${plan.defaults.stallBudgetMs} ms is more than half of the clients’ deadlock_timeout (${server.deadlockTimeoutMs} ms): a deadlock would end a client’s transaction`,
              remedy: `set stallBudget to at most ${Math.floor(server.deadlockTimeoutMs / 2)}ms`,
            },
          ],
  },
]

async function missingRights(context: PreflightContext): Promise<Draft[]> {
  const { facts, tables, routines, types, session, phase } = context
  if (facts.server.isSuperuser) return []
  const owned = [
    ...tables.map((table) => ({ on: qualified(oldName(table)), owner: table.live.owner })),
    ...[...routines, ...types].map((object) => ({
      on: qualified(oldName(object)),
      owner: object.location.owner,
    })),
  ]
  const drafts: Draft[] = owned
    .filter(({ owner }) => facts.roles.get(owner)?.isMine !== true)
    .map(({ on, owner }) => ({
      on,
      text: `it belongs to ${owner}, of which ${facts.server.user} is not a member`,
      remedy: `grant ${role(owner)} to ${role(facts.server.user)}`,
    }))
  const { create } = await session.one<{ create: boolean }>(
    `select has_database_privilege(current_database(), 'CREATE') as create`,
  )
  const database = ident(facts.server.database)
  if (!create) {
    drafts.push({
      on: facts.server.database,
      text: `${facts.server.user} may not create schemas in it`,
      remedy: `grant create on database ${database} to ${role(facts.server.user)}`,
    })
  }
  if (phase === 'contract') return drafts
  for (const source of new Set([...tables, ...routines].map((moved) => moved.source))) {
    if (facts.schemas.get(source)?.mayCreate === true) continue
    drafts.push({
      on: source,
      text: `${facts.server.user} may not create in it, which putting views under the old names needs`,
      remedy: `grant create on schema ${ident(source)} to ${role(facts.server.user)}`,
    })
  }
  for (const target of new Set([...tables, ...routines, ...types].map((moved) => moved.target))) {
    if (facts.schemas.get(target)?.mayCreate !== false) continue
    drafts.push({
      on: target,
      text: `${facts.server.user} may not create in it, and it exists already`,
      remedy: `grant create on schema ${ident(target)} to ${role(facts.server.user)}`,
    })
  }
  return drafts
}
