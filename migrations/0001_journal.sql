-- Up Migration
-- The journal of pg-relocate: what was begun, what was done, by whom. Private to the tool; read it freely, change
-- nothing by hand. Every name is unqualified: the runner sets search_path to the journal's schema.

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
  poison text,
  began_at timestamptz,
  ended_at timestamptz,
  primary key (run, number)
);
comment on table phases is 'The phases of a run and where they stand';
comment on column phases.poison is 'Why no later phase may run: a failed probe, until verification passes or it is waived';

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
  error text,
  began_at timestamptz,
  ended_at timestamptz,
  primary key (run, phase, id),
  foreign key (run, phase) references phases on delete cascade
);
comment on table steps is 'The unit of recovery: one row for each step, written in the transaction of its change';
comment on column steps.record is 'What the step found and did, as its undo needs it';
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
  calls bigint,
  sightings jsonb not null default '[]',
  primary key (run, relation, observed_at)
);
comment on table usage is 'Evidence of use of old names: telltale counters and sessions seen holding a lock on them';
comment on column usage.calls is 'The telltale counter at that moment; null where it cannot be read';

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

-- A transition that the state machine does not know is refused whoever tries it.
create function check_transition() returns trigger
  language plpgsql
  set search_path from current
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
  set search_path from current
as $$
begin
  perform 1 from leases where plan = held_plan and epoch = held_epoch for key share;
  if not found then
    raise exception 'the lease of plan % is no longer held in epoch %', held_plan, held_epoch using errcode = 'MG001';
  end if;
end
$$;

-- Down Migration
drop function fence(text, bigint);
drop table pauses, drift, usage, events, leases, steps, phases, objects, mappings, runs;
drop function check_transition();
