-- Up Migration
-- The journal of pg-relocate: what was begun, what was done, by whom. Private to the tool; read it freely, change
-- nothing by hand. Tables are made by unqualified names: the runner sets search_path to the journal's schema.

create table runs (
  id bigint generated always as identity primary key,
  plan text not null,
  hash text not null,
  structure text not null,
  state text not null default 'active' check (state in ('active', 'reverted', 'completed')),
  system_identifier text not null,
  database_oid oid not null,
  database_name text not null,
  tool_version text not null,
  began_by text not null,
  began_at timestamptz not null default now(),
  ended_at timestamptz
);
comment on table runs is 'One row for each time a plan was begun; at most one active run of a plan';
comment on column runs.hash is 'Identity of the plan: sha256 of its normalised structure';
comment on column runs.structure is 'The normalised plan, to show what changed since';
create unique index runs_one_active on runs (plan) where state = 'active';

create table mappings (
  run bigint not null references runs on delete cascade,
  position int not null,
  service text not null,
  relation oid not null,
  source_schema text not null,
  target_schema text not null,
  name text not null,
  compat text not null check (compat in ('view', 'search-path', 'late', 'none', 'shell')),
  family oid not null,
  adopted boolean not null,
  baseline jsonb not null,
  primary key (run, position),
  unique (run, relation)
);
comment on table mappings is 'The tables of a run, fixed when it began; partitions that come later are added';
comment on column mappings.family is 'The table at the top of the partition tree when it became part of the run';
comment on column mappings.adopted is 'A partition that came after the run had begun';
comment on column mappings.compat is 'How the old name keeps working after the switch';
comment on column mappings.baseline is 'The table as it was before anything was changed';

create table objects (
  run bigint not null references runs on delete cascade,
  position int not null,
  class text not null check (class in ('function', 'type')),
  oid oid not null,
  service text not null,
  name text not null,
  arguments text not null,
  source_schema text not null,
  target_schema text not null,
  compat text not null check (compat in ('view', 'search-path', 'late', 'none', 'shell')),
  primary key (run, position),
  unique (run, class, oid)
);
comment on table objects is 'The functions, procedures and types of a run, fixed when it began';

create table phases (
  run bigint not null references runs on delete cascade,
  number int not null,
  name text not null,
  kind text not null check (kind in ('expand', 'switch', 'contract')),
  state text not null default 'pending' check (state in ('pending', 'running', 'done', 'undoing')),
  poison jsonb,
  began_at timestamptz,
  ended_at timestamptz,
  primary key (run, number)
);
comment on table phases is 'The phases of a run and where they stand';
comment on column phases.poison is 'Why no later phase may run: what a check of it has found, until the check passes or it is waived';

create table steps (
  run bigint not null,
  phase int not null,
  id text not null,
  position int not null,
  kind text not null,
  summary text not null,
  state text not null default 'pending' check (state in ('pending', 'running', 'done', 'undoing')),
  record jsonb not null default '{}',
  epoch bigint,
  attempts int not null default 0,
  stall_ms double precision,
  canary jsonb,
  error text,
  began_at timestamptz,
  ended_at timestamptz,
  primary key (run, phase, id),
  foreign key (run, phase) references phases on delete cascade
);
comment on table steps is 'The unit of recovery: one row for each step, written in the transaction of its change';
comment on column steps.record is 'What the step found and did, as its undo needs it';
comment on column steps.canary is 'What the runner’s own statements lived through during the latest switch of the tables';
comment on column steps.stall_ms is 'From asking for the lock to the end of the transaction, of the attempt that succeeded';

create table leases (
  plan text primary key,
  epoch bigint not null default 0,
  host text,
  os_pid int,
  os_user text,
  application text,
  backend_pid int,
  activity text,
  taken_at timestamptz,
  heartbeat_at timestamptz,
  released_at timestamptz
);
comment on table leases is 'The right to run a plan; the epoch fences a runner that lost it';

create table events (
  id bigint generated always as identity primary key,
  run bigint not null references runs on delete cascade,
  epoch bigint not null,
  at timestamptz not null default clock_timestamp(),
  type text not null,
  body jsonb not null
);
comment on table events is 'What happened, append-only; no secrets';
create index events_of_run on events (run, id);

create table usage (
  run bigint not null references runs on delete cascade,
  relation oid not null,
  observed_at timestamptz not null default clock_timestamp(),
  last_at timestamptz not null default clock_timestamp(),
  source text check (source in ('counter', 'statements')),
  epoch text not null,
  calls bigint,
  sightings jsonb not null default '[]',
  primary key (run, relation, observed_at),
  check ((source is null) = (calls is null))
);
comment on table usage is 'Evidence of use of old names; a row for each change, and not for each look';
comment on column usage.last_at is 'The latest observation that found the same';
comment on column usage.source is 'What counts the uses: the telltale''s counter, or pg_stat_statements; null where nothing does';
comment on column usage.epoch is 'Since when that has been counting; counts of two epochs say nothing of the time between';
comment on column usage.calls is 'Uses counted by then';
comment on column usage.sightings is 'Sessions seen holding a lock on the old name, or naming it: samples, never evidence that nobody uses it';

-- The tool's sessions are known by their backends and not by a name, which a client may bear too.
create table sessions (
  pid int not null,
  backend_start timestamptz not null,
  entered_at timestamptz not null default clock_timestamp(),
  primary key (pid, backend_start)
);
comment on table sessions is 'Backends of the tool: what they do by an old name is no use of it, and their changes of structure are no drift';

create table programs (
  application text primary key,
  role oid not null,
  entered_at timestamptz not null default clock_timestamp()
);
comment on table programs is 'pg_dump and pg_restore that the tool has started, by an application name with a number that nobody guesses';

create table drift (
  id bigint generated always as identity primary key,
  run bigint not null references runs on delete cascade,
  at timestamptz not null default clock_timestamp(),
  role text not null,
  application text not null,
  client inet,
  tag text not null,
  object text not null,
  statement text not null
);
comment on table drift is 'Changes of structure that others made to the tables of a run while both names exist';

create table pauses (
  run bigint not null references runs on delete cascade,
  database text not null,
  paused_at timestamptz not null default clock_timestamp(),
  primary key (run, database)
);
comment on table pauses is 'Poolers that a runner was about to pause; the row goes when they are resumed';
comment on column pauses.database is 'The database as the pooler calls it';

create table screams (
  id bigint generated always as identity primary key,
  run bigint not null references runs on delete cascade,
  relation oid not null,
  name text not null,
  owner oid not null,
  acl text,
  column_acls jsonb not null,
  grants jsonb not null,
  until timestamptz not null,
  guard int not null,
  began_by text not null default session_user,
  noted_at timestamptz not null default clock_timestamp(),
  taken_at timestamptz,
  given_back_at timestamptz,
  given_back_by text,
  remark text
);
comment on table screams is 'Privileges taken from an old name for a time, to see who needs them';
comment on column screams.acl is 'pg_class.relacl as it was; null stands for the privileges that an owner has by itself';
comment on column screams.column_acls is 'pg_attribute.attacl as it was, by name of the column';
comment on column screams.grants is 'The same with the OIDs of roles, in the order in which it was granted';
comment on column screams.guard is 'The backend that gives back should nobody else do so';
comment on column screams.remark is 'In what the privileges are not as they were before';
create index screams_open on screams (run) where given_back_at is null;

create table privileges (
  run bigint not null references runs on delete cascade,
  class text not null check (class in ('relation', 'function')),
  object oid not null,
  other oid not null,
  owner oid not null,
  items jsonb not null,
  roles jsonb not null,
  seen text not null,
  settled_at timestamptz not null default clock_timestamp(),
  primary key (run, class, object, other)
);
comment on table privileges is 'The owner and privileges that a thing and what stands in for it had last in common';
comment on column privileges.items is 'Column or null, grantee, privilege, grantor, whether it is the option to grant; one entry for each';
comment on column privileges.roles is 'The names of these roles at that time, by OID';
comment on column privileges.seen is 'The lists of both as they were left, to see at once that nobody has changed one since';

create table drills (
  id bigint generated always as identity primary key,
  plan text not null,
  path text not null,
  name text not null,
  at timestamptz not null default clock_timestamp(),
  ok boolean not null,
  tables int not null,
  detail jsonb not null default '[]'
);
comment on table drills is 'Backups that were restored into a scratch database and compared with their manifest';
comment on column drills.path is 'The folder of the backup, on the machine of the drill';
comment on column drills.name is 'The last part of that path: what the backup is called wherever it is kept';
comment on column drills.detail is 'In what the restored tables differed, one line each';
create index drills_of_backup on drills (plan, name, at);

-- Functions run with rights of their caller, in which others may have put objects of theirs: each looks for names in
-- pg_catalog alone, and every other name is said with its schema.

-- A transition that the state machine does not know is refused whoever tries it.
create function check_transition() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  if (old.state, new.state) not in (
    ('pending', 'pending'), ('running', 'running'), ('done', 'done'), ('undoing', 'undoing'),
    ('pending', 'running'), ('running', 'done'), ('running', 'undoing'), ('done', 'running'), ('done', 'undoing'),
    ('undoing', 'pending'), ('undoing', 'running')
  ) then
    raise exception '% cannot go from % to %', tg_table_name, old.state, new.state using errcode = 'MG003';
  end if;
  return new;
end
$$;
create trigger phases_transition before update of state on phases for each row execute function check_transition();
create trigger steps_transition before update of state on steps for each row execute function check_transition();

-- Holds off a takeover until this transaction ends, and fails when one has already happened. FOR KEY SHARE lets the
-- heartbeat update the row meanwhile; a takeover asks FOR UPDATE and so waits.
create function fence(held_plan text, held_epoch bigint) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform 1 from migrate.leases l where l.plan = held_plan and l.epoch = held_epoch for key share;
  if not found then
    raise exception 'the lease of plan % is no longer held in epoch %', held_plan, held_epoch using errcode = 'MG001';
  end if;
end
$$;

-- The privileges on a relation and its columns, one row for each entry of their lists, in the order of these. No list
-- stands for what the owner has by itself.
create function privileges_of(
  relation oid, out "column" smallint, out "position" bigint, out grantor oid, out grantee oid, out plain text[], out grantable text[]
) returns setof record
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select l.col, pg_catalog.min(x.position), x.grantor, x.grantee,
         coalesce(pg_catalog.array_agg(x.privilege) filter (where not x.grantable), '{}'),
         coalesce(pg_catalog.array_agg(x.privilege) filter (where x.grantable), '{}')
    from (select null::smallint as col, coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner)) as acl
            from pg_catalog.pg_class c where c.oid = relation
          union all
          select a.attnum, a.attacl from pg_catalog.pg_attribute a where a.attrelid = relation and not a.attisdropped) l
   cross join lateral pg_catalog.aclexplode(l.acl) with ordinality x (grantor, grantee, privilege, grantable, position)
   group by l.col, x.grantor, x.grantee
$$;

-- The lists of privileges as text.
create function acls_of(relation oid, out acl text, out column_acls jsonb)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select (select c.relacl::pg_catalog.text from pg_catalog.pg_class c where c.oid = relation),
         (select coalesce(pg_catalog.jsonb_object_agg(a.attname, a.attacl::pg_catalog.text), '{}') from pg_catalog.pg_attribute a
           where a.attrelid = relation and a.attacl is not null and not a.attisdropped)
$$;

-- Grants or revokes as another role, but only where the current one would not be the grantor itself.
create function grant_as(grantor oid, owner oid, statement text) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
declare
  own pg_catalog.text := pg_catalog.current_setting('role');
begin
  if grantor <> owner or not pg_catalog.pg_has_role(current_user, owner, 'USAGE') then
    perform pg_catalog.set_config('role', pg_catalog.pg_get_userbyid(grantor)::pg_catalog.text, true);
  end if;
  execute statement;
  perform pg_catalog.set_config('role', own, true);
end
$$;

-- Is this session the tool's? The start of its application name answers for nearly all clients at once.
create function is_own_session() returns boolean
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  if pg_catalog.current_setting('application_name') not like 'migrate/%' then return false; end if;
  return exists (
           select from migrate.sessions s join pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a on true
             left join pg_catalog.pg_stat_get_activity(a.leader_pid) leader on a.leader_pid is not null
            where (s.pid, s.backend_start) in ((a.pid, a.backend_start), (leader.pid, leader.backend_start)))
      or exists (
           select from migrate.programs p
            where p.application = pg_catalog.current_setting('application_name')
              and p.role = (select r.oid from pg_catalog.pg_roles r where r.rolname = session_user));
end
$$;
comment on function is_own_session() is 'True in the tool''s own sessions, in their parallel workers, and in those of pg_dump and pg_restore that it has started';

create function grantee_name(grantee oid) returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select case when grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) end
$$;

-- Takes every privilege on a relation from everyone, also from its owner. Columns and later entries first, as long as
-- their grantors still hold the option to grant; what is gone with them by then is no failure.
create function take_privileges(relation oid) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
declare
  entry record;
begin
  for entry in
    select p.*, c.relowner as owner, '(' || pg_catalog.quote_ident(a.attname) || ')' as columns
      from migrate.privileges_of(relation) p join pg_catalog.pg_class c on c.oid = relation
      left join pg_catalog.pg_attribute a on a.attrelid = relation and a.attnum = p."column"
     order by p."column" nulls last, p.position desc
  loop
    begin
      perform migrate.grant_as(entry.grantor, entry.owner, pg_catalog.format('revoke all %s on %s from %s cascade',
        entry.columns, relation::pg_catalog.regclass, migrate.grantee_name(entry.grantee)));
    exception when insufficient_privilege then null;
    end;
  end loop;
  if exists (select from migrate.privileges_of(relation)) then
    raise exception 'not everything can be taken: %', pg_catalog.to_jsonb(migrate.acls_of(relation)) using errcode = 'MG005';
  end if;
end
$$;

-- Gives back what a scream has taken, once, whoever asks first; null when it was given back before. What somebody has
-- granted meanwhile stays. The answer says in what the privileges are not as they were.
create function give_privileges(scream bigint, giver text) returns text
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
declare
  noted migrate.screams;
  entry record;
  owner_now pg_catalog.oid;
  granted pg_catalog.text;
  remarks pg_catalog.text[] := '{}';
begin
  select s.* into noted from migrate.screams s where s.id = scream and s.given_back_at is null for update;
  if not found then return null; end if;
  select c.relowner into owner_now from pg_catalog.pg_class c where c.oid = noted.relation;
  if noted.taken_at is not null and owner_now is null then
    remarks := array['the old name is gone'];
  elsif noted.taken_at is not null then
    for entry in
      -- What the owner had and gave is another’s with the ownership, as ALTER … OWNER TO does it.
      select g."column", case when g.grantor = noted.owner then owner_now else g.grantor end as grantor,
             case when g.grantee = noted.owner then owner_now else g.grantee end as grantee, o.privileges, o.options,
             ' (' || pg_catalog.quote_ident(a.attname) || ')' as columns
        from pg_catalog.jsonb_array_elements(noted.grants) with ordinality l (entry, n)
       cross join lateral pg_catalog.jsonb_to_record(l.entry)
                       g ("column" smallint, grantor pg_catalog.oid, grantee pg_catalog.oid,
                          plain pg_catalog.text[], grantable pg_catalog.text[])
       cross join lateral (values (g.plain, ''), (g.grantable, ' with grant option')) o (privileges, options)
        left join pg_catalog.pg_attribute a on a.attrelid = noted.relation and a.attnum = g."column" and not a.attisdropped
       where o.privileges <> '{}'
       order by n, o.options
    loop
      if entry."column" is not null and entry.columns is null
         or not exists (select from pg_catalog.pg_roles r where r.oid = entry.grantor)
         or entry.grantee <> 0 and not exists (select from pg_catalog.pg_roles r where r.oid = entry.grantee) then
        remarks := remarks || pg_catalog.format('a column or a role is gone for which there was %s',
          pg_catalog.array_to_string(entry.privileges, ', '));
        continue;
      end if;
      select pg_catalog.string_agg(p.privilege || coalesce(entry.columns, ''), ', ') into granted
        from pg_catalog.unnest(entry.privileges) p (privilege);
      perform migrate.grant_as(entry.grantor, owner_now, pg_catalog.format('grant %s on %s to %s%s',
        granted, noted.relation::pg_catalog.regclass, migrate.grantee_name(entry.grantee), entry.options));
    end loop;
    remarks := remarks || array(
      select pg_catalog.format('they are %s %s and were %s %s', a.acl, a.column_acls, b.acl, noted.column_acls)
        from migrate.acls_of(noted.relation) a
       cross join coalesce(noted.acl, pg_catalog.acldefault('r', owner_now)::pg_catalog.text) b (acl)
       where (a.acl, a.column_acls) is distinct from (b.acl, noted.column_acls));
  end if;
  update migrate.screams s
     set given_back_at = pg_catalog.clock_timestamp(), given_back_by = giver,
         remark = nullif(pg_catalog.array_to_string(remarks, '; '), '')
   where s.id = scream;
  return pg_catalog.array_to_string(remarks, '; ');
end
$$;

create function owner_of(class text, object oid) returns oid
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select case class when 'relation' then (select c.relowner from pg_catalog.pg_class c where c.oid = object)
                    else (select p.proowner from pg_catalog.pg_proc p where p.oid = object) end
$$;

create function may_act_as(grantor oid) returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$ select exists (select from pg_catalog.pg_roles r where r.oid = grantor and pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER')) $$;

-- Everything that is granted on a thing, also what no list stands for; the option to grant is an entry of its own. An entry
-- of the owner counts as those that are known of others as whom we cannot act: we have repeated these as the owner.
create function privilege_items(class text, object oid, known jsonb default '[]') returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce(pg_catalog.jsonb_agg(distinct coalesce(k.i, pg_catalog.jsonb_build_array(l.col, x.grantee::pg_catalog.int8, x.privilege_type, g.grantor::pg_catalog.int8, o.is_option))), '[]')
    from (select null::pg_catalog.text as col, c.relowner as owner, coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner)) as acl
            from pg_catalog.pg_class c where class = 'relation' and c.oid = object
          union all
          select a.attname, c.relowner, a.attacl from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
           where class = 'relation' and a.attrelid = object and a.attnum > 0 and not a.attisdropped
          union all
          select null, p.proowner, coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) from pg_catalog.pg_proc p where class = 'function' and p.oid = object) l
   cross join lateral pg_catalog.aclexplode(l.acl) x
   cross join lateral (select case when pg_catalog.pg_has_role(x.grantor, l.owner, 'USAGE') then l.owner else x.grantor end) g (grantor)
   cross join lateral (values (false), (x.is_grantable)) o (is_option)
    left join lateral (
      select n.i from pg_catalog.jsonb_array_elements(known) n (i)
       where g.grantor = l.owner and n.i -> 0 is not distinct from coalesce(pg_catalog.to_jsonb(l.col), 'null') and (n.i ->> 1)::pg_catalog.oid = x.grantee
         and n.i ->> 2 = x.privilege_type and (n.i ->> 4)::pg_catalog.bool = o.is_option
         and ((n.i ->> 3)::pg_catalog.oid = l.owner or not migrate.may_act_as((n.i ->> 3)::pg_catalog.oid))) k on true
$$;

-- What two lists that were one once come to: what was revoked on either side is revoked, what was granted on either side
-- is granted. An option goes with its privilege, and what somebody granted goes with the option to grant it.
create function merge_privileges(owner oid, base jsonb, one jsonb, other jsonb) returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $$
  with recursive b as (select pg_catalog.jsonb_array_elements(base) as i), t as (select pg_catalog.jsonb_array_elements(one) as i),
  v as (select pg_catalog.jsonb_array_elements(other) as i),
  chosen as (
    select i from t where i in (select i from v) or i not in (select i from b)
    union
    select i from v where i not in (select i from b)
  ), entire as (
    select i from chosen where not (i ->> 4)::pg_catalog.bool or pg_catalog.jsonb_set(i, '{4}', 'false') in (select i from chosen)
  ), granted as (
    select i from entire where (i ->> 3)::pg_catalog.oid = owner
    union
    select e.i from granted g join entire e
      on (g.i ->> 4)::pg_catalog.bool and g.i -> 1 = e.i -> 3 and g.i -> 2 = e.i -> 2 and (g.i -> 0 = 'null' or g.i -> 0 = e.i -> 0)
  )
  select coalesce(pg_catalog.jsonb_agg(i order by i), '[]') from granted
$$;

-- The same entries after ALTER … OWNER TO: what the owner had and gave is the new one’s.
create function items_of_owner(items jsonb, before oid, after oid) returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce(pg_catalog.jsonb_agg(distinct pg_catalog.jsonb_build_array(i -> 0,
           case when (i ->> 1)::pg_catalog.oid = before then after::pg_catalog.int8 else (i ->> 1)::pg_catalog.int8 end, i -> 2,
           case when (i ->> 3)::pg_catalog.oid = before then after::pg_catalog.int8 else (i ->> 3)::pg_catalog.int8 end, i -> 4)), '[]')
    from pg_catalog.jsonb_array_elements(items) i
$$;

create function thing_name(class text, object oid) returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$ select case class when 'relation' then object::pg_catalog.regclass::pg_catalog.text else object::pg_catalog.regprocedure::pg_catalog.text end $$;

-- One entry as it stands in GRANT and REVOKE.
create function item_text(class text, object oid, item jsonb) returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select pg_catalog.format('%s%s on %s%s', item ->> 2, ' (' || pg_catalog.quote_ident(item ->> 0) || ')', case class when 'function' then 'routine ' else '' end,
                migrate.thing_name(class, object))
$$;

-- Makes the privileges on a thing those that are wanted, as far as we may.
create function apply_privileges(class text, object oid, wanted jsonb, known jsonb) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
declare
  owner pg_catalog.oid := migrate.owner_of(class, object);
  tried pg_catalog.jsonb;
  item pg_catalog.jsonb;
  grantor pg_catalog.oid;
begin
  tried := '[]';
  loop
    select i into item from pg_catalog.jsonb_array_elements(migrate.privilege_items(class, object, known)) i
     where i not in (select pg_catalog.jsonb_array_elements(wanted)) and i not in (select pg_catalog.jsonb_array_elements(tried)) order by i -> 4, i limit 1;
    exit when not found;
    tried := tried || pg_catalog.jsonb_build_array(item);
    grantor := case when migrate.may_act_as((item ->> 3)::pg_catalog.oid) then (item ->> 3)::pg_catalog.oid else owner end;
    begin
      perform migrate.grant_as(grantor, owner, pg_catalog.format('revoke %s%s from %s cascade',
        case when (item ->> 4)::pg_catalog.bool then 'grant option for ' else '' end, migrate.item_text(class, object, item), migrate.grantee_name((item ->> 1)::pg_catalog.oid)));
    exception when insufficient_privilege then null;
    end;
  end loop;
  tried := '[]';
  loop
    -- Who grants must have the option by then.
    with present as materialized (select pg_catalog.jsonb_array_elements(migrate.privilege_items(class, object, known)) as i)
    select w.i into item from pg_catalog.jsonb_array_elements(wanted) w (i)
     where w.i not in (select i from present) and w.i not in (select pg_catalog.jsonb_array_elements(tried))
       and ((w.i ->> 3)::pg_catalog.oid = owner or exists (select from present p where (p.i ->> 4)::pg_catalog.bool
              and p.i -> 1 = w.i -> 3 and p.i -> 2 = w.i -> 2 and (p.i -> 0 = 'null' or p.i -> 0 = w.i -> 0)))
     order by w.i -> 4 desc, w.i limit 1;
    exit when not found;
    tried := tried || pg_catalog.jsonb_build_array(item);
    grantor := case when migrate.may_act_as((item ->> 3)::pg_catalog.oid) then (item ->> 3)::pg_catalog.oid else owner end;
    begin
      perform migrate.grant_as(grantor, owner, pg_catalog.format('grant %s to %s%s', migrate.item_text(class, object, item), migrate.grantee_name((item ->> 1)::pg_catalog.oid),
        case when (item ->> 4)::pg_catalog.bool then ' with grant option' else '' end));
    exception when insufficient_privilege then null;
    end;
  end loop;
end
$$;

-- The lists of a thing and of what stands in for it, as text.
create function privileges_seen(class text, object oid, other oid) returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select case class
    when 'relation' then (select pg_catalog.string_agg(pg_catalog.concat_ws(' ', c.oid, c.relowner, c.relacl,
             (select pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attname, a.attacl), ' ' order by a.attnum) from pg_catalog.pg_attribute a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attacl is not null)), ' ' order by c.oid)
             from pg_catalog.pg_class c where c.oid in (object, other))
    else (select pg_catalog.string_agg(pg_catalog.concat_ws(' ', p.oid, p.proowner, p.proacl), ' ' order by p.oid) from pg_catalog.pg_proc p where p.oid in (object, other)) end
$$;

-- What stands in for a thing: the relation of that name, or the routine with its name and arguments in that schema.
create function stand_in(class text, object oid, place text) returns oid
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select case class
    when 'relation' then pg_catalog.to_regclass(place)::pg_catalog.oid
    else (select o.oid from pg_catalog.pg_proc p join pg_catalog.pg_proc o on o.proname = p.proname and o.proargtypes = p.proargtypes
           where p.oid = object and o.oid <> object and o.pronamespace = pg_catalog.to_regnamespace(place)) end
$$;

-- The entries of a thing for which what stands in for it can have equals: a column may have come since, or another name.
create function shared_items(class text, object oid, other oid, items jsonb) returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce(pg_catalog.jsonb_agg(i order by i), '[]') from pg_catalog.jsonb_array_elements(items) i
   where i -> 0 = 'null' or (select pg_catalog.count(*) from pg_catalog.pg_attribute a where a.attrelid in (object, other) and a.attname = i ->> 0
                                and a.attnum > 0 and not a.attisdropped) = 2
$$;

-- Whoever may use a thing by a name must be let into its new schema, and an owner who may create in the old one in that as
-- well; noted where the schema was there before, for the way back.
create function let_in(its_run bigint, class text, object oid, grantees oid[], privilege text) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
declare
  entry record;
begin
  for entry in
    select t.target, migrate.grantee_name(g.grantee) as name
      from (select m.source_schema as source, m.target_schema as target from migrate.mappings m
             where let_in.class = 'relation' and m.run = its_run and m.relation = let_in.object
            union all
            select o.source_schema, o.target_schema from migrate.objects o
             where o.class = let_in.class and o.run = its_run and o.oid = let_in.object) t
      join pg_catalog.pg_namespace s on s.nspname = t.source join pg_catalog.pg_namespace n on n.nspname = t.target
     cross join lateral (select distinct u from pg_catalog.unnest(grantees) u) g (grantee)
     cross join lateral (select case when g.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(g.grantee) end) r (name)
     where not (let_in.class = 'function' and g.grantee = 0)
       and not pg_catalog.has_schema_privilege(r.name, n.oid, let_in.privilege)
       and (let_in.privilege = 'USAGE' or pg_catalog.has_schema_privilege(r.name, s.oid, let_in.privilege))
  loop
    begin
      execute pg_catalog.format('grant %s on schema %I to %s', privilege, entry.target, entry.name);
      update migrate.steps set record = pg_catalog.jsonb_set(record, '{takeBack}', coalesce(record -> 'takeBack', '[]')
               || pg_catalog.to_jsonb(pg_catalog.format('revoke %s on schema %I from %s', pg_catalog.lower(let_in.privilege), entry.target, entry.name)))
       where run = its_run and kind = 'prepare-schema' and id = 'schema ' || entry.target and record ->> 'created' = 'false';
    exception when insufficient_privilege then null;
    end;
  end loop;
end
$$;

-- Makes owner and privileges of things and of what stands in for them the same again, whichever of the two somebody has
-- changed since they were. What the plan has just made has nothing to say; what is about to be dropped speaks for the last
-- time, and fails the transaction if it is not heard.
create function settle_privileges(its_plan text, class text, objects oid[], places text[], is_last boolean default false) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
declare
  its_run pg_catalog.int8;
  pair record;
  known migrate.privileges;
  owner_known pg_catalog.oid; owner_wanted pg_catalog.oid; ousted pg_catalog.oid;
  base pg_catalog.jsonb; of_one pg_catalog.jsonb; of_two pg_catalog.jsonb; one pg_catalog.jsonb; two pg_catalog.jsonb; merged pg_catalog.jsonb; own pg_catalog.jsonb; late pg_catalog.jsonb;
begin
  select r.id into its_run from migrate.runs r where r.plan = its_plan and r.state = 'active';
  if not found then return; end if;
  for pair in
    select p.object, migrate.stand_in(class, p.object, p.place) as other from rows from (pg_catalog.unnest(objects), pg_catalog.unnest(places)) p (object, place)
  loop
    continue when pair.other is null or migrate.owner_of(class, pair.object) is null;
    select * into known from migrate.privileges p
     where p.run = its_run and p.class = settle_privileges.class and p.object = pair.object and p.other = pair.other;
    continue when not is_last and known.seen = migrate.privileges_seen(class, pair.object, pair.other);
    -- A scream has taken them for a time; that is no revoke.
    continue when exists (select from migrate.screams s where s.relation = pair.other and s.taken_at is not null and s.given_back_at is null);

    owner_known := coalesce(known.owner, migrate.owner_of(class, pair.other));
    owner_wanted := case when migrate.owner_of(class, pair.object) <> owner_known then migrate.owner_of(class, pair.object) else migrate.owner_of(class, pair.other) end;
    ousted := case when migrate.owner_of(class, pair.object) <> owner_known and migrate.owner_of(class, pair.other) = owner_known then pair.other
                   when migrate.owner_of(class, pair.other) <> owner_known and migrate.owner_of(class, pair.object) = owner_known then pair.object end;
    if not migrate.changed_after(class, ousted, case when ousted = pair.other then pair.object else pair.other end) then ousted := null; end if;
    if owner_wanted <> owner_known then
      perform migrate.let_in(its_run, class, pair.object, array[owner_wanted], 'USAGE'), migrate.let_in(its_run, class, pair.object, array[owner_wanted], 'CREATE');
    end if;
    perform migrate.give_to(class, pair.object, owner_wanted), migrate.give_to(class, pair.other, owner_wanted);
    if migrate.owner_of(class, pair.object) <> migrate.owner_of(class, pair.other) then
      if is_last then raise exception 'the owner of % cannot be made %', migrate.thing_name(class, pair.object), owner_wanted::pg_catalog.regrole using errcode = 'MG005'; end if;
      continue;
    end if;

    base := migrate.items_of_owner(coalesce(known.items, '[]'), owner_known, owner_wanted);
    of_one := base || migrate.privilege_items(class, pair.other);
    of_two := base || migrate.privilege_items(class, pair.object);
    one := migrate.shared_items(class, pair.object, pair.other, migrate.privilege_items(class, pair.object, of_one));
    two := migrate.shared_items(class, pair.object, pair.other, migrate.privilege_items(class, pair.other, of_two));
    if known.run is null then base := two; end if;
    merged := migrate.merge_privileges(owner_wanted, base, one, two);
    -- Who gives the ownership away by one name gives it away: what it grants by the other afterwards is worth nothing.
    if ousted is not null then
      select coalesce(pg_catalog.jsonb_agg(i), '[]') into late from pg_catalog.jsonb_array_elements(case when ousted = pair.object then one else two end) i
       where (i ->> 3)::pg_catalog.oid = owner_wanted and i not in (select pg_catalog.jsonb_array_elements(base));
      if late <> '[]' then
        merged := migrate.merge_privileges(owner_wanted, base, case when ousted = pair.object then migrate.without(one, late) else one end,
                                           case when ousted = pair.other then migrate.without(two, late) else two end);
        raise warning '% was granted by who had given the ownership away, and is taken back',
          (select pg_catalog.string_agg(migrate.item_text(class, ousted, i) || ' to ' || migrate.grantee_name((i ->> 1)::pg_catalog.oid), ', ')
             from pg_catalog.jsonb_array_elements(late) i);
      end if;
    end if;
    -- What stands in for a table reads it with the rights of its owner: what that one gave up by it waits until it goes.
    select coalesce(pg_catalog.jsonb_agg(i), '[]') into own from pg_catalog.jsonb_array_elements(one) i
     where not is_last and class = 'relation' and (i ->> 1)::pg_catalog.oid = owner_wanted and i -> 0 = 'null'
       and i ->> 2 in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') and i not in (select pg_catalog.jsonb_array_elements(merged));
    if one <> merged then
      perform migrate.apply_privileges(class, pair.object, merged || own || migrate.without(migrate.privilege_items(class, pair.object, of_one), one), of_one);
    end if;
    if two <> merged and not is_last then
      perform migrate.apply_privileges(class, pair.other, merged || migrate.without(migrate.privilege_items(class, pair.other, of_two), two), of_two);
    end if;
    perform migrate.let_in(its_run, class, pair.object, array(select (i ->> 1)::pg_catalog.oid from pg_catalog.jsonb_array_elements(migrate.without(merged, base)) i), 'USAGE');

    one := migrate.shared_items(class, pair.object, pair.other, migrate.privilege_items(class, pair.object, of_one));
    two := case when is_last then merged else migrate.shared_items(class, pair.object, pair.other, migrate.privilege_items(class, pair.other, of_two)) end;
    if is_last and one <> merged then
      raise exception 'the privileges on %, as they were changed by its other name, cannot be given or taken: %', migrate.thing_name(class, pair.object),
        (select pg_catalog.string_agg(pg_catalog.format('%s %s %s', migrate.item_text(class, pair.object, i), case when i in (select pg_catalog.jsonb_array_elements(one)) then 'from' else 'to' end,
                                  migrate.grantee_name((i ->> 1)::pg_catalog.oid)), '; ')
           from pg_catalog.jsonb_array_elements(migrate.without(one, merged) || migrate.without(merged, one)) i) using errcode = 'MG005';
    end if;
    -- What could not be carried over stays a change.
    base := migrate.without(one, migrate.without(one, two)) || migrate.without(base, migrate.without(base, migrate.without(one, two) || migrate.without(two, one)));
    insert into migrate.privileges as p (run, class, object, other, owner, items, roles, seen)
    values (its_run, class, pair.object, pair.other, owner_wanted, base,
            (select coalesce(pg_catalog.jsonb_object_agg(r.oid, r.rolname), '{}') from pg_catalog.pg_roles r
              where r.oid in (select (i ->> 1)::pg_catalog.oid from pg_catalog.jsonb_array_elements(base) i union select (i ->> 3)::pg_catalog.oid from pg_catalog.jsonb_array_elements(base) i
                             union select owner_wanted)),
            migrate.privileges_seen(class, pair.object, pair.other))
    on conflict on constraint privileges_pkey do update
       set owner = excluded.owner, items = excluded.items, roles = excluded.roles, seen = excluded.seen, settled_at = pg_catalog.clock_timestamp();
  end loop;
end
$$;

-- Was the list of the one, or that of one of its columns, changed after the row of the other in the catalog?
create function changed_after(class text, one oid, other oid) returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce((select pg_catalog.min(pg_catalog.age(x.xmin)) from (
                     select c.xmin from pg_catalog.pg_class c where class = 'relation' and c.oid = one
                     union all select a.xmin from pg_catalog.pg_attribute a where class = 'relation' and a.attrelid = one
                     union all select p.xmin from pg_catalog.pg_proc p where class = 'function' and p.oid = one) x)
                < (select pg_catalog.min(pg_catalog.age(x.xmin)) from (
                     select c.xmin from pg_catalog.pg_class c where class = 'relation' and c.oid = other
                     union all select p.xmin from pg_catalog.pg_proc p where class = 'function' and p.oid = other) x), false)
$$;

create function without(items jsonb, others jsonb) returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce(pg_catalog.jsonb_agg(i order by i), '[]') from pg_catalog.jsonb_array_elements(items) i where i not in (select pg_catalog.jsonb_array_elements(others))
$$;

create function give_to(class text, object oid, new_owner oid) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  if migrate.owner_of(class, object) = new_owner then return; end if;
  execute pg_catalog.format('alter %s %s owner to %I', case class when 'relation' then 'table' else 'routine' end, migrate.thing_name(class, object),
    pg_catalog.pg_get_userbyid(new_owner));
exception when insufficient_privilege then null;
end
$$;

-- In what things and what stands in for them differ because somebody has changed one of them; whether that has been tried.
create function privilege_changes(its_plan text, class text, objects oid[], places text[])
  returns table (object oid, change text, is_owner boolean, is_new boolean)
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  pair record;
  side record;
  base pg_catalog.jsonb; one pg_catalog.jsonb; two pg_catalog.jsonb;
begin
  for pair in
    select k.*, migrate.privileges_seen(k.class, k.object, k.other) as now
      from rows from (pg_catalog.unnest(objects), pg_catalog.unnest(places)) p (object, place)
      join migrate.runs r on r.plan = its_plan and r.state = 'active'
      join migrate.privileges k on k.run = r.id and k.class = privilege_changes.class and k.object = p.object
       and k.other = migrate.stand_in(privilege_changes.class, p.object, p.place)
     where not exists (select from migrate.screams s where s.relation = k.other and s.taken_at is not null and s.given_back_at is null)
  loop
    object := pair.object;
    is_new := pair.now is distinct from pair.seen;
    is_owner := true;
    for side in select o.oid from (values (pair.object), (pair.other)) o (oid)
                 where migrate.owner_of(class, pair.object) <> migrate.owner_of(class, pair.other) and migrate.owner_of(class, o.oid) <> pair.owner
    loop
      change := pg_catalog.format('alter %s %s owner to %s', case class when 'relation' then 'table' else 'routine' end, migrate.thing_name(class, side.oid),
        pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(migrate.owner_of(class, side.oid))));
      return next;
    end loop;
    is_owner := false;
    continue when migrate.owner_of(class, pair.object) <> migrate.owner_of(class, pair.other);
    base := migrate.items_of_owner(pair.items, pair.owner, migrate.owner_of(class, pair.object));
    one := migrate.shared_items(class, pair.object, pair.other, migrate.privilege_items(class, pair.object, base || migrate.privilege_items(class, pair.other)));
    two := migrate.shared_items(class, pair.object, pair.other, migrate.privilege_items(class, pair.other, base || migrate.privilege_items(class, pair.object)));
    return query
      select pair.object, pg_catalog.format('%s %s%s %s %s', case when d.has then 'grant' else 'revoke' end,
               case when (d.i ->> 4)::pg_catalog.bool and not d.has then 'grant option for ' else '' end, migrate.item_text(class, d.oid, d.i),
               case when d.has then 'to' else 'from' end, migrate.grantee_name((d.i ->> 1)::pg_catalog.oid))
               || case when (d.i ->> 4)::pg_catalog.bool and d.has then ' with grant option' else '' end, false, pair.now is distinct from pair.seen
        from (select pair.object as oid, i, true as has from pg_catalog.jsonb_array_elements(migrate.without(migrate.without(one, two), base)) i
              union all select pair.other, i, true from pg_catalog.jsonb_array_elements(migrate.without(migrate.without(two, one), base)) i
              union all select pair.other, i, false from pg_catalog.jsonb_array_elements(migrate.without(one, two)) i where i in (select pg_catalog.jsonb_array_elements(base))
              union all select pair.object, i, false from pg_catalog.jsonb_array_elements(migrate.without(two, one)) i where i in (select pg_catalog.jsonb_array_elements(base))) d
       where not (d.i ->> 4 = 'false' and d.has and pg_catalog.jsonb_set(d.i, '{4}', 'true') in
                    (select pg_catalog.jsonb_array_elements(migrate.without(case when d.oid = pair.object then one else two end, case when d.oid = pair.object then two else one end))))
         and not (d.i ->> 4 = 'true' and not d.has and pg_catalog.jsonb_set(d.i, '{4}', 'false') not in
                    (select pg_catalog.jsonb_array_elements(case when d.oid = pair.object then one else two end)))
       order by d.i;
  end loop;
end
$$;

-- What services read to know where a name is now (docs/explanation/resolver.md). A version of it for each plan: the
-- milliseconds since 1970, or one more than before, so that it grows also when a journal is removed and installed again.
create table mapping_epochs (
  plan text primary key,
  epoch bigint not null
);
comment on table mapping_epochs is 'How new what a plan says about its names is; grows with every change of state';

create function announce() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
declare
  its_plan pg_catalog.text;
  its_epoch bigint;
begin
  select r.plan into its_plan from migrate.runs r
   where r.id = coalesce(pg_catalog.to_jsonb(new) ->> 'run', pg_catalog.to_jsonb(new) ->> 'id')::bigint;
  insert into migrate.mapping_epochs as e (plan, epoch)
  values (its_plan, extract(epoch from pg_catalog.clock_timestamp()) * 1000)
      on conflict (plan) do update set epoch = greatest(excluded.epoch, e.epoch + 1)
  returning e.epoch into its_epoch;
  perform pg_catalog.pg_notify('pg_relocate', pg_catalog.json_build_object('plan', its_plan, 'epoch', its_epoch)::pg_catalog.text);
  return null;
end
$$;
create trigger runs_announced after insert or update of state on runs for each row execute function announce();
create trigger phases_announced after update of state on phases for each row
  when (old.state <> new.state) execute function announce();
create trigger steps_announced after update of state on steps for each row
  when (old.state <> new.state and new.state in ('done', 'pending')) execute function announce();

-- Nobody but the runner needs them: a trigger’s function is run without asking for a privilege.
revoke execute on function check_transition(), is_own_session(), fence(text, bigint), privileges_of(oid), acls_of(oid), grant_as(oid, oid, text),
  grantee_name(oid), take_privileges(oid), give_privileges(bigint, text), announce(), owner_of(text, oid), may_act_as(oid),
  privilege_items(text, oid, jsonb), merge_privileges(oid, jsonb, jsonb, jsonb), items_of_owner(jsonb, oid, oid), thing_name(text, oid),
  item_text(text, oid, jsonb), apply_privileges(text, oid, jsonb, jsonb), privileges_seen(text, oid, oid), stand_in(text, oid, text),
  shared_items(text, oid, oid, jsonb), let_in(bigint, text, oid, oid[], text), give_to(text, oid, oid), changed_after(text, oid, oid),
  without(jsonb, jsonb), settle_privileges(text, text, oid[], text[], boolean), privilege_changes(text, text, oid[], text[]) from public;

-- Every name of the newest run of each plan, with the state that the catalogs show: `old`, only the old name is to be
-- used; `both`, the new name works too; `moved`, the thing itself has the new name and the old one still works; `new`.
-- Indexes, sequences and types have one name at a time. Plain joins, so that all of it is of one snapshot.
create view names as
  with newest as (
    select distinct on (r.plan) r.id as run, r.plan, r.hash, r.database_name, e.epoch,
           exists (select from phases p where p.run = r.id and p.kind = 'expand' and p.state <> 'done') as is_closed
      from runs r join mapping_epochs e using (plan) order by r.plan, r.id desc
  ), tables as (
    select m.run, m.service, m.relation, m.name, m.source_schema, m.target_schema, m.compat, m.baseline,
           (select n.oid from pg_namespace n where n.nspname = m.source_schema) as source,
           (select n.oid from pg_namespace n where n.nspname = m.target_schema) as target
      from mappings m
  ), followers as (
    select t.run, i.indexrelid as oid, t.relation from tables t join pg_index i on i.indrelid = t.relation
     union
    select t.run, (s ->> 'oid')::oid, t.relation from tables t cross join jsonb_array_elements(t.baseline -> 'sequences') s
     union
    select t.run, d.refobjid, t.relation
      from tables t
      join pg_attrdef a on a.adrelid = t.relation
      join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_class'::regclass
      join pg_class q on q.oid = d.refobjid and q.relkind = 'S'
     union
    select t.run, d.objid, t.relation
      from tables t
      join pg_depend d on d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
                      and d.refobjid = t.relation and d.deptype in ('a', 'i')
      join pg_class q on q.oid = d.objid and q.relkind = 'S'
  ), found as (
    select t.run, 'relation' as class, t.source_schema, t.name, t.target_schema, t.service, t.name as of, t.compat,
           c.relnamespace = t.target as is_there,
           exists (select from pg_class o where o.relnamespace = t.source and o.relname = t.name and o.relkind in ('r', 'p', 'v', 'm', 'f')) as has_old,
           exists (select from pg_class o where o.relnamespace = t.target and o.relname = t.name and o.relkind in ('r', 'p', 'v', 'm', 'f')) as has_new
      from tables t join pg_class c on c.oid = t.relation and c.relnamespace in (t.source, t.target)
     union all
    select f.run, 'relation', min(t.source_schema), c.relname, min(t.target_schema), min(t.service), min(t.name), null,
           bool_and(c.relnamespace = t.target), bool_and(c.relnamespace = t.source), bool_and(c.relnamespace = t.target)
      from followers f
      join tables t on t.run = f.run and t.relation = f.relation
      join pg_class c on c.oid = f.oid and c.relnamespace in (t.source, t.target)
     group by f.run, f.oid, c.relname
    having count(distinct t.target) = 1 and count(distinct t.source) = 1
     union all
    select o.run, 'routine', o.source_schema, o.name, o.target_schema, min(o.service), o.name, min(o.compat),
           bool_and(p.pronamespace = t.oid),
           bool_or(exists (select from pg_proc x where x.pronamespace = s.oid and x.proname = o.name)),
           bool_or(exists (select from pg_proc x where x.pronamespace = t.oid and x.proname = o.name))
      from objects o
      join pg_proc p on p.oid = o.oid
      left join pg_namespace s on s.nspname = o.source_schema
      left join pg_namespace t on t.nspname = o.target_schema
     where o.class = 'function'
     group by o.run, o.source_schema, o.name, o.target_schema
     union all
    select o.run, 'type', o.source_schema, o.name, o.target_schema, o.service, o.name, null,
           n.nspname = o.target_schema, n.nspname = o.source_schema, n.nspname = o.target_schema
      from objects o join pg_type y on y.oid = o.oid join pg_namespace n on n.oid = y.typnamespace
     where o.class = 'type'
  )
  select n.plan, n.hash, n.epoch, n.database_name as database, f.class, f.source_schema as schema, f.name,
         f.target_schema as target, f.service, f.of,
         case when not coalesce(f.has_new, false) or n.is_closed and not f.is_there then 'old'
              when not f.has_old then 'new'
              when f.is_there then 'moved'
              else 'both' end as state,
         coalesce(f.compat, '') not in ('search-path', 'none') as keeps_old
    from newest n join found f using (run);
comment on view names is 'Where each name of a plan is now: what a service reads to follow a move';

-- Services read the view, and nothing else of this schema: it tells no more than the catalogs, which all roles can read.
grant usage on schema migrate to public;
grant select on names to public;

-- Down Migration
drop view names;
drop trigger steps_announced on steps;
drop trigger phases_announced on phases;
drop trigger runs_announced on runs;
drop function announce();
drop table mapping_epochs;
drop function privilege_changes(text, text, oid[], text[]);
drop function settle_privileges(text, text, oid[], text[], boolean);
drop function give_to(text, oid, oid);
drop function without(jsonb, jsonb);
drop function changed_after(text, oid, oid);
drop function let_in(bigint, text, oid, oid[], text);
drop function shared_items(text, oid, oid, jsonb);
drop function stand_in(text, oid, text);
drop function privileges_seen(text, oid, oid);
drop function apply_privileges(text, oid, jsonb, jsonb);
drop function item_text(text, oid, jsonb);
drop function thing_name(text, oid);
drop function items_of_owner(jsonb, oid, oid);
drop function merge_privileges(oid, jsonb, jsonb, jsonb);
drop function privilege_items(text, oid, jsonb);
drop function may_act_as(oid);
drop function owner_of(text, oid);
drop function give_privileges(bigint, text);
drop function take_privileges(oid);
drop function grantee_name(oid);
drop function is_own_session();
drop function grant_as(oid, oid, text);
drop function acls_of(oid);
drop function privileges_of(oid);
drop function fence(text, bigint);
drop table privileges, drills, screams, pauses, drift, sessions, programs, usage, events, leases, steps, phases, objects, mappings, runs;
drop function check_transition();
