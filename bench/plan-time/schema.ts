/** Roles that the tables are granted to; roles are the server's, so they are made once. */
export const createRoles = 'create role bench_app; create role bench_reports'

export function tableNames(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `table_${String(n + 1).padStart(4, '0')}`)
}

/** The tables shared out evenly, in their order, to ten services. */
export function servicesOf(count: number): Map<string, string[]> {
  const services = new Map<string, string[]>()
  for (const [n, table] of tableNames(count).entries()) {
    const service = `service_${Math.floor((n * 10) / count) + 1}`
    services.set(service, [...(services.get(service) ?? []), table])
  }
  return services
}

/**
 * SQL for tables as monoliths have them: eight columns, three indexes, three foreign keys to tables near and far,
 * so that many cross services, rights of two roles. In pieces, since locks of one transaction are limited.
 */
export function buildTables(count: number): string[] {
  const names = tableNames(count)
  const pieces: string[] = []
  for (let start = 0; start < count; start += PIECE)
    pieces.push(
      names
        .slice(start, start + PIECE)
        .map((name, n) => buildTable(names, name, start + n))
        .join('\n'),
    )
  return pieces
}

function buildTable(names: readonly string[], name: string, n: number): string {
  const parents = [n - 1, Math.floor(n / 2), Math.floor(n / 3)].map((at) => names[Math.max(0, at)] ?? name)
  return `
    create table public.${name} (
      id bigserial primary key,
      parent_id bigint references public.${parents[0]} (id),
      owner_id bigint not null references public.${parents[1]} (id),
      origin_id bigint references public.${parents[2]} (id),
      code varchar(40) not null unique,
      amount numeric(12, 2) not null default 0 check (amount >= 0),
      details jsonb not null default '{}',
      created_at timestamptz not null default now()
    );
    create index on public.${name} (owner_id, created_at);
    grant select, insert, update, delete on public.${name} to bench_app;
    grant select on public.${name} to bench_reports;
    grant usage on sequence public.${name}_id_seq to bench_app;`
}

const PIECE = 100
