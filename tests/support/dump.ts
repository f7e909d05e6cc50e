import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { structureOf, type Extent } from '../../scripts/structure/structure.ts'
import { sharedCluster } from './cluster.ts'
import { rowsOf } from './client.ts'

/** What pg_dump writes about a database, without the lines that differ each time; or, without one, what the catalogs say. */
export async function dump(url: string, extent: Extent = {}): Promise<string> {
  const { clientBin, canDump } = sharedCluster().binaries
  if (clientBin === undefined || !canDump) return structureOf(url, extent)
  const { rows = false, except } = extent
  const options = [
    ...(rows ? [] : ['--schema-only']),
    ...(except === undefined ? [] : [`--exclude-schema=${except}`]),
    // Who is connected, or was an hour ago.
    '--exclude-table-data=migrate.sessions',
  ]
  const { stdout } = await promisify(execFile)(join(clientBin, 'pg_dump'), [...options, '-d', url], {
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout.replaceAll(/^\\(un)?restrict .*\n/gm, '')
}

/** Structure and rows, without the journal. */
export async function dumpAll(url: string): Promise<string> {
  return dump(url, { rows: true, except: 'migrate' })
}

/** The states that the journal knows: of the newest run, its phases and its steps. */
export async function journalStates(url: string): Promise<string[]> {
  const rows = await rowsOf<{ line: string }>(
    url,
    `with newest as (select * from migrate.runs order by id desc limit 1)
     select 0 as phase, 0 as position, 'run ' || state as line from newest
     union all
     select p.number, 0, 'phase ' || p.number || ' ' || p.state || case when p.poison is null then '' else ' poisoned' end from migrate.phases p join newest on newest.id = p.run
     union all
     select s.phase, s.position, 'step ' || s.phase || ' ' || s.id || ' ' || s.state || coalesce(': ' || s.error, '') from migrate.steps s join newest on newest.id = s.run
     order by phase, position, line`,
  )
  return rows.map(({ line }) => line)
}

/** Sessions of the tool that are still connected. */
export async function runnersOf(url: string): Promise<string[]> {
  const rows = await rowsOf<{ name: string }>(
    url,
    `select application_name as name from pg_stat_activity where datname = current_database() and application_name like 'migrate/%'`,
  )
  return rows.map(({ name }) => name)
}
