/** The tables of a chain: t1 … tk, each with a foreign key to the one before. */
export function chainTables(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `t${n + 1}`)
}

/**
 * SQL that builds a chain of tables with serial keys, a counter and a token: the smallest schema that has
 * what a move can break, for tests and measurements.
 */
export function buildChain(tables: number, rows = 200): string {
  return chainTables(tables)
    .map((table, n) => {
      const parent = n === 0 ? null : `t${n}`
      return `
        create table public.${table} (
          id serial primary key,
          parent_id integer ${parent ? `not null references public.${parent} (id)` : ''},
          counter bigint not null default 0,
          token text not null unique,
          note text not null default 'new'
        );
        insert into public.${table} (parent_id, token, note)
          select n, 'seed-' || n, 'seeded' from generate_series(1, ${rows}) n;`
    })
    .join('\n')
}
