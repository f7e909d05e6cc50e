import { readMistakenPaths } from '../catalog/path-settings.ts'
import { readShadows, readStaleSessions } from '../catalog/path-users.ts'
import { readShellObstacles } from '../catalog/shell-obstacles.ts'
import { qualified } from '../pg/quoting.ts'
import { newName, oldName } from '../steps/names.ts'
import { pathSchemas } from '../survey/search-path.ts'
import { always, type Rule } from './rule.ts'

/** Rules about how old names keep working. */
export const policyRules: readonly Rule[] = [
  {
    id: 'old-name-ends',
    code: 'PF-25',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    check: ({ tables }) =>
      tables
        .filter(({ compat }) => compat === 'none' || compat === 'search-path')
        .map((table) => ({
          on: qualified(oldName(table)),
          text:
            table.compat === 'none'
              ? 'its policy is none: every statement by the old name fails from the switch on'
              : `its policy is search-path: statements that name it with the old schema, and nextval('${table.source}.…') of its sequences, fail from the switch on`,
        })),
  },
  {
    id: 'shell-unfit',
    code: 'PF-25',
    severity: 'error',
    waivable: false,
    phases: ['expand', 'switch'],
    async check({ session, tables }) {
      const shells = new Map(
        tables
          .filter(({ compat, location }) => compat === 'shell' && location.stand !== 'switched')
          .map((table) => [table.relation, table]),
      )
      return (await readShellObstacles(session, [...shells.keys()])).map(({ relation, reason }) => ({
        on: qualified(oldName(shells.get(relation)!)),
        text: `its policy is shell, which it cannot have: ${reason}`,
        remedy: 'give it another policy in `compat`',
      }))
    },
  },
  {
    id: 'shell-danger',
    code: 'PF-25',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    check: ({ tables }) =>
      tables
        .filter(({ compat }) => compat === 'shell')
        .map((table) => ({
          on: qualified(oldName(table)),
          text: 'its policy is shell: DROP TABLE by the old name would drop the rows; COPY … TO by the old name fails',
        })),
  },
  {
    id: 'path-role-missing',
    code: 'PF-12',
    severity: 'error',
    waivable: false,
    phases: always,
    check: ({ plan, facts }) =>
      plan.searchPath.roles
        .filter((role) => !facts.roles.has(role))
        .map((role) => ({
          on: role,
          text: 'searchPath names this role, and there is no such role',
          remedy: 'create it, or correct the name',
        })),
  },
  {
    id: 'path-mistaken',
    code: 'PF-14',
    severity: 'warning',
    waivable: true,
    phases: ['expand'],
    async check({ session }) {
      return (await readMistakenPaths(session)).map(({ role, path }) => ({
        on: role ?? 'database',
        text: `its search_path is ${path}: one name with a comma in it, not several`,
        remedy: `alter role … set search_path = a, b        without quotes around the list`,
      }))
    },
  },
  {
    id: 'path-shadow',
    code: 'PF-20',
    severity: 'error',
    waivable: true,
    phases: ['expand', 'switch'],
    async check({ session, facts, tables }) {
      const found = await readShadows(
        session,
        tables
          .filter(({ compat, location }) => compat === 'search-path' && location.stand !== 'contracted')
          .map(({ relation, name }) => ({ relation, name })),
        pathSchemas(facts.tables),
        facts.tables.flatMap(({ location }) => location.view ?? []),
      )
      const moved = new Map(tables.map((table) => [table.relation, table]))
      return found.map(({ relation, other }) => ({
        on: qualified(oldName(moved.get(relation)!)),
        text: `${other} has the same name and is on the same search_path: which of them a statement means would depend on the order`,
        remedy: 'rename one of them, or choose another policy',
      }))
    },
  },
  {
    id: 'path-sessions',
    code: 'PF-14',
    severity: 'error',
    waivable: true,
    phases: ['switch'],
    async check({ session, plan, tables }) {
      const first = tables.find(
        ({ compat, location }) => compat === 'search-path' && location.stand === 'expanded',
      )
      if (first === undefined) return []
      const found = await readStaleSessions(
        session,
        plan.name,
        plan.searchPath.roles,
        plan.searchPath.database,
      )
      return found.map(({ role, sessions }) => ({
        on: role,
        text: `${sessions.length === 1 ? 'a session' : `${sessions.length} sessions`} of role ${role} began before search_path was set and would not find ${qualified(newName(first))}`,
        evidence: sessions,
        remedy: 'let them connect again (PgBouncer: RECONNECT), then run the same command again',
      }))
    },
  },
]
