import { journalSchema, stageSchema } from '../catalog/names.ts'
import type { Session } from '../pg/session.ts'

/** What a role can get at in schemas, by whichever role it is or may become. */
export interface Reach {
  /** The role through which. */
  readonly by: string
  readonly oid: number
  readonly text: string
  /** Of the schema that it lies in; null for what reaches everywhere. */
  readonly schema: string | null
  readonly isSure: boolean
}

/** Attributes and roles of the server that no schema keeps out. */
export async function readPower(session: Session, role: string, major: number): Promise<Reach[]> {
  return session.query<Reach>(
    `select m.rolname as by, m.oid, null as schema, true as "isSure",
            case when m.rolsuper then 'is a superuser, to whom nothing is refused'
                 when m.rolcreaterole then 'has CREATEROLE, and may give itself any role'
                 else 'reads, writes or executes whatever it wants' end as text
       from pg_roles m
      where pg_has_role($1, m.oid, 'MEMBER')
        and (m.rolsuper or m.rolcreaterole and $2 < 16 or m.rolname in (${everywhere.map((name) => `'${name}'`).join(', ')}))
      order by m.rolname`,
    [role, major],
  )
}

const everywhere = [
  'pg_read_all_data',
  'pg_write_all_data',
  'pg_execute_server_program',
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_maintain',
]

/** Privileges on relations, schemas and functions, and those that are to come by default. */
export async function readReach(
  session: Session,
  role: string,
  schemas: readonly string[],
  major: number,
): Promise<Reach[]> {
  const ofTables = `SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER${major < 17 ? '' : ', MAINTAIN'}`
  return session.query<Reach>(
    `with m as materialized (select oid, rolname from pg_roles where pg_has_role($1, oid, 'MEMBER') and not rolsuper),
          n as materialized (select oid, nspname, nspacl, nspowner from pg_namespace where nspname = any($2))
     select m.rolname as by, c.oid, n.nspname as schema, true as "isSure",
            format('has privileges on %I.%I', n.nspname, c.relname) as text
       from m, n join pg_class c on c.relnamespace = n.oid
      where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and has_schema_privilege(m.oid, n.oid, 'USAGE')
        and case when c.relkind = 'S' then has_sequence_privilege(m.oid, c.oid, 'USAGE, SELECT, UPDATE')
                 else has_table_privilege(m.oid, c.oid, $3)
                      or has_any_column_privilege(m.oid, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES') end
     union all
     select m.rolname, n.oid, n.nspname, true, format('may create in schema %I', n.nspname)
       from m, n where has_schema_privilege(m.oid, n.oid, 'CREATE')
     union all
     select m.rolname, n.oid, n.nspname, true, format('is given by default what is made in schema %I', n.nspname)
       from m, n where exists (select from pg_default_acl d, aclexplode(d.defaclacl) a
                                where d.defaclnamespace = n.oid and a.grantee = m.oid and d.defaclrole <> m.oid)
     union all
     select m.rolname, p.oid, s.nspname, s.nspname = any($2),
            format('may call %s, which has the rights of %I', p.oid::regprocedure, pg_get_userbyid(p.proowner))
       from m, pg_proc p join pg_namespace s on s.oid = p.pronamespace
      where p.prosecdef and p.prorettype <> 'trigger'::regtype and p.prorettype <> 'event_trigger'::regtype
        and s.nspname not in ('pg_catalog', 'information_schema', $4, $5)
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
        and not pg_has_role($1, p.proowner, 'MEMBER')
        and has_schema_privilege(m.oid, s.oid, 'USAGE') and has_function_privilege(m.oid, p.oid, 'EXECUTE')
        and (s.nspname = any($2) or exists (select from n where has_schema_privilege(p.proowner, n.oid, 'USAGE')))
      order by text, by`,
    [role, schemas, ofTables, journalSchema, stageSchema],
  )
}

/** Tables that others may write and the role may only read, and sequences without which it cannot insert. */
export async function readLacks(session: Session, role: string, oids: readonly number[]): Promise<string[]> {
  const rows = await session.query<{ text: string }>(
    `select format('it may not write %s, which others may', c.oid::regclass) as text
       from pg_class c
      where c.oid = any($2) and not has_any_column_privilege($1, c.oid, 'INSERT, UPDATE') and not has_table_privilege($1, c.oid, 'DELETE')
        and exists (select from aclexplode(c.relacl) a
                     where a.grantee <> c.relowner and a.privilege_type in ('INSERT', 'UPDATE', 'DELETE'))
     union all
     select format('it may insert into %s, but not use its sequence %s', c.oid::regclass, s.oid::regclass)
       from pg_class c join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.deptype = 'a'
       join pg_class s on d.classid = 'pg_class'::regclass and s.oid = d.objid and s.relkind = 'S'
      where c.oid = any($2) and has_table_privilege($1, c.oid, 'INSERT') and case when s.relkind = 'S' then not has_sequence_privilege($1, s.oid, 'USAGE, UPDATE') end
      order by text`,
    [role, oids],
  )
  return rows.map(({ text }) => text)
}
