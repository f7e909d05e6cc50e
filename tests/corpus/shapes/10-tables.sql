-- One table of each kind, and everything that can hang on a table.

create role tenant_a nologin;
create role tenant_b nologin;
create role clerk nologin;
create role keeper nologin;
grant usage on schema public to tenant_a, tenant_b, clerk;
grant create, usage on schema public to keeper;

create function is_code(text) returns boolean language sql immutable as $$ select $1 ~ '^[A-Z]{2}\d+$' $$;
create function plain(text) returns text language sql immutable as $$ select lower(translate($1, 'ÄÖÜ', 'AOU')) $$;
create function noted() returns trigger language plpgsql as $$
begin
  insert into price_log (what, price_id) values (tg_op || ' ' || tg_table_name, coalesce(new.id, old.id));
  return coalesce(new, old);
end $$;

-- Partitions below partitions, and one for the rest.
create table event (
  id bigint generated always as identity,
  happened date not null,
  region text not null default 'eu',
  body jsonb not null default '{}',
  constraint event_pkey primary key (id, happened, region)
) partition by range (happened);
create table event_2024 partition of event for values from ('2024-01-01') to ('2025-01-01') partition by list (region);
create table event_2024_eu partition of event_2024 for values in ('eu');
create table event_2024_other partition of event_2024 default;
create table event_2025 partition of event for values from ('2025-01-01') to ('2026-01-01');
create table event_rest partition of event default;
create index event_body on event using gin (body);
create index event_2025_region on event_2025 (region);

create table metric (name text not null, value double precision, day int not null, primary key (name, day))
  partition by hash (name);
create table metric_0 partition of metric for values with (modulus 2, remainder 0);
create table metric_1 (name text not null, value double precision, day int not null, primary key (name, day));
alter table metric attach partition metric_1 for values with (modulus 2, remainder 1);

-- Inheritance: one child moves along, the other stays behind.
create table vehicle (id serial primary key, wheels int not null default 4, maker text);
create table car (doors int not null default 5, primary key (id)) inherits (vehicle);
create table truck (load numeric, primary key (id)) inherits (vehicle);

create table person (
  id serial primary key,
  first_name text not null,
  last_name text not null,
  code text not null unique check (is_code(code)),
  born date,
  constraint person_name_key unique (first_name, last_name)
);
create index person_plain_name on person (plain(last_name)) include (first_name);
create unique index person_born_once on person (born) where born is not null;

create table team (id int primary key, name text not null, lead int, members int[] not null default '{}');
alter table team add constraint team_lead_fkey foreign key (lead) references person (id)
  on delete set null deferrable initially deferred;
create table membership (
  team int references team (id) on delete cascade on update cascade,
  person int references person (id) deferrable initially immediate,
  rank int not null,
  primary key (team, person),
  constraint membership_rank_key unique (team, rank) deferrable initially deferred,
  constraint membership_rank_check check (rank between 1 and 100) not valid
);

create table room (id int primary key, name text not null unique);
create table booking (
  id serial primary key,
  room int not null references room (id),
  booker int references person (id) on delete restrict,
  during int4range not null,
  state text not null default 'new',
  constraint booking_no_overlap exclude using gist (during with &&) where (room = 1),
  constraint booking_no_overlap_later exclude using gist (during with &&) where (room = 2) deferrable initially deferred
);

create table price (id int primary key, amount numeric not null, changed int not null default 0);
create table price_log (id serial primary key, what text not null, price_id int, seen int not null default 0);
create table draft (id int primary key, title text not null, body text);
create table draft_archive (id int, title text);
create unlogged table ticket (id uuid default gen_random_uuid() primary key, holder text unique) with (fillfactor = 70);
create type typed_row as (a int, b text);
create table typed of typed_row (primary key (a), b with options not null default 'b');
create table staff (id serial primary key, name text not null unique, pay numeric not null, phone text);
create table snapshot (id int primary key, who person, others person[], taken int default 0);
