import { type PlanSketch, uncounted } from '../support/plan.ts'

/** A role whose search_path the plan sets. */
export const pathRole = 'crash_path'

/** Beside the sample: a function, a procedure, a type, views of both kinds, and a table for a shell. */
export const more = `
  create type mood as enum ('good', 'bad');
  create table queue (id serial primary key, feels mood default 'good');
  create function label(n integer) returns text language sql immutable as 'select ''no '' || n';
  create procedure tick() language plpgsql as 'begin null; end';
  revoke execute on procedure tick() from public;
  create materialized view counted as select state, count(*) as n from users group by state;`

/** Every policy that leaves something else than a view, and everything that is not a table. */
export const sketch: PlanSketch = {
  services: {
    people: {
      tables: ['users', 'events'],
      views: ['user_totals', 'counted'],
      functions: ['label', 'tick'],
      types: ['mood'],
      compat: { events: 'search-path' },
    },
    trade: { tables: ['orders', 'queue'], compat: { orders: 'none', queue: 'shell' } },
  },
  phases: [{ name: 'all', switch: ['people', 'trade'] }],
  searchPath: { roles: [pathRole] },
  allow: uncounted('public.queue', 'public.label', 'public.tick'),
}
