import type { Session } from '../pg/session.ts'
import { journalSchema, markPrefix, stageSchema } from './names.ts'
import { startedAt, withoutOwn, type Seen } from './own-sessions.ts'

/** A role that sessions begin as. */
export interface SessionRole {
  readonly role: string
  /** Those of the given names that it is or may become with SET ROLE, so that "$user" means them. */
  readonly becomes: readonly string[]
  /** Sessions of it that are connected now. */
  readonly sessions: number
}

/** Superusers may become anyone, which says nothing of what they do. */
export async function readSessionRoles(session: Session, names: readonly string[]): Promise<SessionRole[]> {
  const roles = await session.query<Omit<SessionRole, 'sessions'>>(
    `select r.rolname as role,
            array(select b.rolname::text from pg_roles b
                   where b.rolname = any($1::text[]) and (b.oid = r.oid or not r.rolsuper and pg_has_role(r.oid, b.oid, 'MEMBER'))
                   order by 1) as becomes
       from pg_roles r where r.rolcanlogin order by 1`,
    [names],
  )
  const connected = await session.query<Seen>(
    `select a.pid, ${startedAt('a')}, a.usename as role, a.application_name as application
       from pg_stat_activity a where a.datname = current_database() and a.usesysid is not null`,
  )
  const clients = await withoutOwn(session, connected)
  return roles.map((each) => ({ ...each, sessions: clients.filter(({ role }) => role === each.role).length }))
}

/** A schema that roles will be let into. */
export interface OpenedSchema {
  readonly schema: string
  /** null is PUBLIC. */
  readonly users: readonly (string | null)[]
  /** Tables that get a second name there. */
  readonly relations: readonly number[]
}

export interface RoleAccess {
  readonly role: string
  readonly schema: string
  /** May it use the schema today? */
  readonly has: boolean
  /** And once it is opened? A search_path passes over the schemas that a role may not use (manual, chapter 5.9.3). */
  readonly willHave: boolean
}

/** What roles may use, of the schemas that are there and of those that will be opened. */
export async function readAccess(
  session: Session,
  roles: readonly string[],
  schemas: readonly string[],
  opened: readonly OpenedSchema[],
): Promise<RoleAccess[]> {
  return session.query<RoleAccess>(
    `with opened as (
       select o->>'schema' as schema, array(select jsonb_array_elements_text(o->'users')) as users
         from jsonb_array_elements($3::jsonb) o),
     by_default as (
       select a.grantee from pg_default_acl d cross join aclexplode(d.defaclacl) a
        where d.defaclobjtype = 'n' and a.privilege_type = 'USAGE'
          and d.defaclrole = (select oid from pg_roles where rolname = current_user)),
     now as (
       select r.oid, r.rolname, s.schema, coalesce(has_schema_privilege(r.oid, n.oid, 'USAGE'), false) as has
         from pg_roles r cross join unnest($2::text[]) s (schema) left join pg_namespace n on n.nspname = s.schema
        where r.rolname = any($1::text[]))
     select w.rolname as role, w.schema, w.has,
            w.has or exists (
              select from opened o cross join unnest(o.users || current_user::text) u
               where o.schema = w.schema and (u is null or pg_has_role(w.oid, u::name, 'USAGE')))
            or exists (select from opened o cross join by_default b
                        where o.schema = w.schema and (b.grantee = 0 or pg_has_role(w.oid, b.grantee, 'USAGE'))) as "willHave"
       from now w`,
    [roles, schemas, JSON.stringify(opened)],
  )
}

/** Those of the roles that have a right on one of the tables, so that they may have statements that use it today. */
export async function readTableUsers(
  session: Session,
  roles: readonly string[],
  relations: readonly number[],
): Promise<Set<string>> {
  const rows = await session.query<{ role: string }>(
    `select r.rolname as role from pg_roles r
      where r.rolname = any($1::text[]) and exists (
        select from pg_class c where c.oid = any($2::oid[])
          and (pg_has_role(r.oid, c.relowner, 'USAGE') or has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
               or has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE')))`,
    [roles, relations],
  )
  return new Set(rows.map(({ role }) => role))
}

/** A function that decides itself where names are looked for, or in which "$user" is its owner. */
export interface PathRoutine {
  readonly oid: number
  readonly signature: string
  /** Its SET search_path; null where it has that of its callers, unless its body sets another. */
  readonly path: string | null
  readonly source: string
  readonly owner: string
  readonly securityDefiner: boolean
}

export async function readPathRoutines(session: Session, owners: readonly string[]): Promise<PathRoutine[]> {
  return session.query<PathRoutine>(
    `with own as materialized (
       select p.*, n.nspname, (select substr(s, 13) from unnest(p.proconfig) s where s like 'search\\_path=%') as path
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname not in ('pg_catalog', 'information_schema', $1, $2) and p.prokind <> 'a'
          and coalesce(obj_description(p.oid, 'pg_proc'), '') not like $3 || '%'
          and not exists (select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e'))
     select oid, format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(oid)) as signature,
            path, prosrc as source, pg_get_userbyid(proowner) as owner, prosecdef as "securityDefiner"
       from own
      where path is not null or prosrc ~* '\\msearch_path\\M'
         or prosecdef and pg_get_userbyid(proowner) = any($4::text[])
      order by 2`,
    [journalSchema, stageSchema, markPrefix, owners],
  )
}
