import type { Benchmark } from './benchmark.ts'
import { writePlan } from './plan-file.ts'
import { buildTables, createRoles, servicesOf } from './plan-time/schema.ts'
import { milliseconds } from './report.ts'
import { growthExponent } from './statistics.ts'

/** How long the commands take from start to end, and how that grows with the number of tables. */
export const moveTime: Benchmark = {
  name: 'move-time',
  measure: async (cluster, { isQuick, tell }) => {
    await cluster.sql('postgres', createRoles)
    const results: { tables: number; plan: number; expand: number; switch: number }[] = []
    for (const tables of isQuick ? [25, 50] : [125, 250, 500, 1_000]) {
      tell(`moving ${tables} tables`)
      const database = `move_${tables}`
      await cluster.createDatabase(database)
      for (const piece of buildTables(tables)) await cluster.sql(database, piece)
      const services = servicesOf(tables)
      const { migrate } = await writePlan(cluster, database, services)
      const timed = async (...args: string[]): Promise<number> => {
        const began = performance.now()
        await migrate.run(...args)
        return performance.now() - began
      }
      const confirm = ['--yes', '--confirm', database]
      results.push({
        tables,
        plan: await timed('plan'),
        expand: await timed('execute', '--phase', '1', ...confirm),
        // Phase 1 is expand; then each service has a switch.
        switch: await timed('execute', '--to', String(1 + services.size), ...confirm),
      })
      await cluster.dropDatabase(database)
    }
    const steps = ['plan', 'expand', 'switch'] as const
    const growth = steps.map((step) =>
      growthExponent(results.map((result) => ({ size: result.tables, time: result[step] }))),
    )
    return {
      title: 'Time to move',
      notes: [
        'the tables of plan-time, 3 foreign keys each, in 10 services that are switched one after the other; no backups, no clients',
        'ms of the whole command, once each, catalogs as they are just after the tables were made; growth is the exponent of the number of tables: 1 is linear',
      ],
      tables: [
        {
          header: ['tables', '`plan`', 'expand', 'switch'],
          rows: [
            ...results.map((result) => [
              result.tables.toLocaleString('en-US'),
              ...steps.map((step) => milliseconds(result[step])),
            ]),
            ['growth', ...growth.map((exponent) => exponent.toFixed(2))],
          ],
        },
      ],
      aims: steps.map((step, at) => ({
        what: `growth of ${step} with the number of tables`,
        aim: 'linear (exponent at most 1.1)',
        found: growth[at]!.toFixed(2),
        isMet: growth[at]! <= 1.1,
      })),
      raw: { results, growth },
    }
  },
}
