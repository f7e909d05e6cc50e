import { sharedCluster } from './cluster.ts'
import { sql } from './client.ts'
import { freshDatabase, type FreshDatabase } from './database.ts'
import type { PlanSketch } from './plan.ts'

/** Two services with a foreign key between them: serial, identity and partitioned tables, views, trigger, grants. */
export const sample = `
  create table public.users (
    id serial primary key,
    email text not null unique,
    state text not null default 'new',
    note text
  );
  create table public.orders (
    id bigint generated always as identity primary key,
    user_id integer not null references public.users (id),
    total numeric(10, 2) not null default 0,
    twice numeric(11, 2) generated always as (total * 2) stored
  );
  create index orders_user on public.orders (user_id);
  create table public.events (
    id bigserial,
    at date not null,
    user_id integer references public.users (id),
    body text default 'nothing',
    primary key (id, at)
  ) partition by range (at);
  create table public.events_2024 partition of public.events for values from ('2024-01-01') to ('2025-01-01');
  create table public.events_2025 partition of public.events for values from ('2025-01-01') to ('2026-01-01');
  create table public.audit (id serial primary key, line text not null);
  create view public.user_totals as
    select u.id, u.email, sum(o.total) as total from public.users u left join public.orders o on o.user_id = u.id group by u.id;
  create function public.note_user() returns trigger language plpgsql as $$
    begin insert into audit (line) values (tg_op || ' ' || new.email); return new; end $$;
  create trigger users_noted after insert or update on public.users for each row execute function public.note_user();
  comment on table public.users is 'people';
  comment on column public.orders.total is 'in euros';
  grant select, insert, update, delete on public.users, public.orders, public.events, public.audit to test_writer with grant option;
  grant usage on all sequences in schema public to test_writer;
  grant select (id, email) on public.users to test_reader;
  grant select on public.events to public;
  alter table public.orders owner to test_owner;
  insert into public.users (email, note) select 'user' || n || '@example.org', n from generate_series(1, 20) n;
  insert into public.orders (user_id, total) select 1 + n % 20, n from generate_series(1, 50) n;
  insert into public.events (at, user_id) select date '2024-01-01' + n * 7, 1 + n % 20 from generate_series(1, 90) n;
`

export const samplePlan: PlanSketch = {
  services: { accounts: ['users'], sales: ['orders', 'events'] },
}

export const sampleTables = ['users', 'orders', 'events', 'events_2024', 'events_2025']

export async function sampleRoles(cluster = sharedCluster()): Promise<void> {
  await loginRoles(['test_writer', 'test_reader', 'test_owner'], cluster)
}

/** Roles belong to the cluster, so that test files may make them at the same time. */
export async function loginRoles(roles: readonly string[], cluster = sharedCluster()): Promise<void> {
  await cluster.sql(
    'postgres',
    roles
      .map(
        (role) =>
          `do $$ begin create role ${role} login; exception when duplicate_object or unique_violation then null; end $$;`,
      )
      .join('\n'),
  )
}

/** A database with the sample in it. */
export async function sampleDatabase(prefix: string): Promise<FreshDatabase> {
  await sampleRoles()
  const database = await freshDatabase(prefix)
  await sql(database.url, sample)
  return database
}
