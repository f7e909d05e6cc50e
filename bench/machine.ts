import { cpus, loadavg, platform, release, totalmem } from 'node:os'
import { Client } from 'pg'
import type { Cluster } from '../scripts/cluster/cluster.ts'

/** What the numbers depend on beside the code. */
export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly memoryGb: number
  readonly system: string
  readonly node: string
  /** Work that others gave the machine when we began: numbers taken beside it are worth less. */
  readonly loadBefore: number
}

export function describeMachine(): Machine {
  const processors = cpus()
  return {
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    system: `${platform()} ${release()}`,
    node: process.version,
    loadBefore: loadavg()[0] ?? 0,
  }
}

/** The server's settings that are not its defaults. */
export async function readSettings(cluster: Cluster): Promise<Record<string, string>> {
  const client = new Client({ connectionString: cluster.url() })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string; value: string }>(
      `select name, current_setting(name) as value from pg_settings
        where source = 'configuration file' and name !~ '(directories|directory|port|listen_addresses)$' order by name`,
    )
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
  } finally {
    await client.end()
  }
}
