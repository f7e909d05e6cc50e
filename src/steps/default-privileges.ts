import type { DefaultPrivilege } from '../catalog/default-privileges.ts'
import { ident, role } from '../pg/quoting.ts'
import type { StepContext } from './kind.ts'

interface Scope {
  readonly schema: string
  readonly relations: readonly number[]
  readonly roles: readonly string[]
}

/**
 * ALTER DEFAULT PRIVILEGES for a service's schema: what the old schema gave, and what the plan's roles shall have. What
 * the schema has already is left out.
 */
export function defaultGrants(scope: Scope, context: StepContext): { grant: string; revoke: string }[] {
  const sources = new Set(scope.relations.map((relation) => context.table(relation).source))
  const all = context.facts.defaultPrivileges
  const has = new Set(all.filter(({ schema }) => schema === scope.schema).map(key))
  const inherited = all.filter(({ schema }) => schema !== null && sources.has(schema))
  return [...inherited, ...forRoles(scope, context)]
    .filter((entry) => !has.has(key(entry)))
    .map((entry) => ({
      grant: statement(scope.schema, entry, 'grant'),
      revoke: statement(scope.schema, entry, 'revoke'),
    }))
}

function key({ creator, objects, grantee, privilege }: DefaultPrivilege): string {
  return [creator, objects, grantee ?? '', privilege].join('\0')
}

function forRoles({ relations, roles }: Scope, context: StepContext): DefaultPrivilege[] {
  const creators = [...new Set(relations.map((relation) => context.table(relation).live.owner))].sort()
  return creators.flatMap((creator) =>
    roles
      .filter((grantee) => grantee !== creator)
      .flatMap((grantee) => [
        ...['SELECT', 'INSERT', 'UPDATE', 'DELETE'].map((privilege) => ({
          creator,
          schema: null,
          objects: 'TABLES',
          grantee,
          privilege,
          grantable: false,
        })),
        ...['USAGE', 'SELECT'].map((privilege) => ({
          creator,
          schema: null,
          objects: 'SEQUENCES',
          grantee,
          privilege,
          grantable: false,
        })),
      ]),
  )
}

function statement(schema: string, entry: DefaultPrivilege, verb: 'grant' | 'revoke'): string {
  const head = `alter default privileges for role ${ident(entry.creator)} in schema ${ident(schema)}`
  const what = `${verb} ${entry.privilege.toLowerCase()} on ${entry.objects.toLowerCase()}`
  return verb === 'grant'
    ? `${head} ${what} to ${role(entry.grantee)}${entry.grantable ? ' with grant option' : ''}`
    : `${head} ${what} from ${role(entry.grantee)}`
}
