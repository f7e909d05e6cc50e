import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster } from '../scripts/cluster/cluster.ts'
import { CommandLine } from '../scripts/corpus/command-line.ts'

/** A plan's file and text, and the product's command line for it. */
export interface BenchPlan {
  readonly file: string
  readonly text: string
  readonly migrate: CommandLine
}

/**
 * Writes a plan that moves tables out of `public`, without backups: a dump takes its time before a switch and
 * locks no one out. The file goes when the cluster goes.
 */
export async function writePlan(
  cluster: Cluster,
  database: string,
  services: ReadonlyMap<string, readonly string[]>,
): Promise<BenchPlan> {
  const url = cluster.url(database)
  const folder = join(cluster.dir, database)
  await mkdir(folder)
  const file = join(folder, 'plan.yaml')
  // JSON is YAML too.
  const text = JSON.stringify({
    version: 1,
    name: database,
    databases: { db: { url } },
    services: Object.fromEntries(
      [...services].map(([service, tables]) => [service, { from: 'db.public', to: 'db', tables }]),
    ),
    defaults: { backup: 'none' },
    contract: { quiet: '0s' },
  })
  await writeFile(file, text)
  return { file, text, migrate: new CommandLine(folder, file, url) }
}
