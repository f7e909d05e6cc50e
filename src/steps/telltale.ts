import { stageSchema } from '../catalog/names.ts'
import type { WayOfCounting } from '../catalog/way-of-counting.ts'
import { ifOwn } from './own-session.ts'
import { dollarQuoted, qualified, type QualifiedName } from '../pg/quoting.ts'

/** The function that what stands under an old name calls when it is used; by the OID of what has moved. */
export function telltale(oid: number): QualifiedName {
  return { schema: stageSchema, name: `used_${oid}` }
}

/** The function that the telltale calls in turn, unless the caller is this tool: its calls are the count. */
function counter(oid: number): QualifiedName {
  return { schema: stageSchema, name: `counted_${oid}` }
}

/**
 * The count is kept by the server's function statistics. The telltale acts as its owner, since track_functions takes a
 * superuser or a role that was granted it (manual, chapters 20.9 and 28.2), and since only the owner may look into the
 * journal. What this tool reads by an old name is no use of it. The counter names nothing and is called by the telltale
 * alone, so that it needs no search_path, which would cost each use as much as all the rest.
 */
export function createTelltale(oid: number, way: WayOfCounting): string[] {
  const [outer, inner] = [qualified(telltale(oid)), qualified(counter(oid))]
  const body = `begin ${ifOwn('return true;')} return ${inner}(); end`
  return [
    `create or replace function ${inner}() returns boolean language plpgsql stable parallel safe cost 1 as ${dollarQuoted('begin return true; end')}`,
    `revoke execute on function ${inner}() from public`,
    `create or replace function ${outer}() returns boolean language plpgsql stable parallel safe cost 1 security definer ` +
      `set search_path = pg_catalog, pg_temp${way === 'itself' ? " set track_functions = 'pl'" : ''} as ${dollarQuoted(body)}`,
    `grant execute on function ${outer}() to public`,
  ]
}

export function dropTelltale(oid: number): string[] {
  return [telltale(oid), counter(oid)].map((routine) => `drop function if exists ${qualified(routine)}()`)
}
