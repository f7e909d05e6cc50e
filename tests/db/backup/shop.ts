import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { takeBackup } from '../../../src/backup/dump.ts'
import type { Backup } from '../../../src/backup/manifest.ts'
import type { BackupRequest } from '../../../src/backup/request.ts'
import { EventStream } from '../../../src/events/stream.ts'
import { readServer } from '../../../src/pg/server.ts'
import { Session } from '../../../src/pg/session.ts'
import { freshDatabase } from '../../support/database.ts'

/** Tables whose names pg_dump would take for patterns, and a partitioned one. */
export const names = [
  'users',
  'Mixed Case',
  'a.b',
  'we*rd',
  'say "hi"',
  '사용자 표',
  'events',
  'events_2024',
  'events_2025',
]
export const tables = names.map((name) => ({ schema: 'public', name }))

/** A database with those tables, and a folder for its backups. */
export async function shop() {
  const database = await freshDatabase('backup')
  const session = await Session.connect({ alias: 'test', url: database.url }, 'backup-test')
  const directory = await mkdtemp(join(tmpdir(), 'backup-test-'))
  await session.script(legacy)
  const request = async (changes: Partial<BackupRequest> = {}): Promise<BackupRequest> => ({
    planName: 'shop',
    scope: { kind: 'phase', number: 2, name: 'switch shop' },
    tables,
    target: session.target,
    server: await readServer(session),
    directory,
    jobs: 2,
    toolVersion: '0.0.0-test',
    ...changes,
  })
  return {
    database,
    session,
    directory,
    request,
    backUp: async (changes: Partial<BackupRequest> = {}): Promise<Backup> =>
      takeBackup(await request(changes), new EventStream()),
    async [Symbol.asyncDispose](): Promise<void> {
      await session.close()
      await database[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}

export type Shop = Awaited<ReturnType<typeof shop>>

/** Sessions that insert, change and remove rows of every table until they are disposed of. */
export function startWriters(url: string, count: number) {
  const writers = {
    written: 0,
    async [Symbol.asyncDispose]() {
      stopped = true
      await Promise.all(working)
    },
  }
  let stopped = false
  const write = async (): Promise<void> => {
    await using client = await Session.connect({ alias: 'writer', url }, 'backup-test-writer')
    for (; !stopped; writers.written++) {
      await client.script(oneWrite)
      await delay(1)
    }
  }
  const working = Array.from({ length: count }, write)
  return writers
}

const oneWrite = `
  begin;
  insert into public.users (mood, region_id) values ('so so', 1);
  insert into public."Mixed Case" (user_id) values (currval('public.users_id_seq'));
  insert into public."a.b" values ('x', null);
  insert into public."we*rd" default values;
  insert into public."say ""hi""" values (random());
  insert into public."사용자 표" values ('안녕');
  insert into public.events values (1, date '2024-01-01' + (random() * 700)::int);
  delete from public."Mixed Case" where user_id = (select min(user_id) + 5 from public."Mixed Case");
  update public.users set mood = '좋음' where id = (random() * currval('public.users_id_seq'))::int;
  commit`

const legacy = `
  create schema migrate;
  create table migrate.journal (n int);
  create function migrate.fence() returns trigger language plpgsql as $$ begin return new; end $$;
  create function migrate.ddl() returns event_trigger language plpgsql as $$ begin end $$;
  create function migrate.note() returns int language sql as $$ select 1 $$;

  create type public.mood as enum ('좋음', 'so so');
  create table public.regions (id int primary key, name text);
  insert into public.regions values (1, 'seoul');
  create table public.users (
    id serial primary key, mood public.mood not null,
    region_id int constraint users_region_fkey references public.regions, changed timestamptz);
  comment on constraint users_region_fkey on public.users is 'to a table that stays';
  create table public."Mixed Case" (
    id bigint generated always as identity primary key,
    user_id int not null references public.users on delete cascade);
  create table public."mixed case" as select 1 as decoy;
  create table public."a.b" (a text, b text);
  create table public."we*rd" (id int primary key);
  create table public.weird as select 1 as decoy;
  create sequence public.detached_seq;
  alter table public."we*rd" alter id set default nextval('public.detached_seq');
  create table public."say ""hi""" (f float8);
  create table public."사용자 표" ("인사" text);
  create table public.events (id int, at date) partition by range (at);
  create table public.events_2024 partition of public.events for values from ('2024-01-01') to ('2025-01-01');
  create table public.events_2025 partition of public.events for values from ('2025-01-01') to ('2026-01-01');
  create index on public.events (at);
  insert into public.events select n, date '2024-06-01' + n from generate_series(1, 400) n;

  create function public.stamp() returns trigger language plpgsql as
    $$ begin new.changed := now(); return new; end $$;
  create trigger stamp before update on public.users for each row execute function public.stamp();
  create trigger fence before insert on public.users for each row execute function migrate.fence();
  create view public.telltale as select *, migrate.note() from public.regions;
  create publication feed for table public.users;
  create event trigger watch_ddl on ddl_command_end execute function migrate.ddl();
`
