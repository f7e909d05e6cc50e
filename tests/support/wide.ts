import { expect } from '@jest/globals'
import { buildTables, createRoles, servicesOf, tableNames } from '../../bench/plan-time/schema.ts'
import { batchSize } from '../../src/movers/batches.ts'
import { connect, sql } from './client.ts'
import { startCluster } from './cluster.ts'
import { dump } from './dump.ts'
import { phasesOf, planFor } from './plan.ts'
import { eventsOf, problems, run, undo } from './run.ts'

/** Moves many tables, three foreign keys each, into ten services, back, and on to the end, while clients use them. */
export async function moveMany(count: number): Promise<void> {
  // A server of its own: the shared one has room for more locks than servers have by default.
  await using cluster = await startCluster({ settings: { max_locks_per_transaction: '64' } })
  const url = await cluster.createDatabase('many')
  await sql(url, createRoles)
  for (const piece of buildTables(count)) await sql(url, piece)
  const services = servicesOf(count)
  const plan = planFor(url, {
    services: Object.fromEntries(services),
    phases: [{ name: 'all', switch: [...services.keys()] }],
  })
  const { expand, switches, contract } = phasesOf(plan)
  await using client = await connect(url)
  expect(await client.value(countOfKeys)).toBe(3 * count)
  const before = await dump(url, shape)
  const traffic = startTraffic(url, tableNames(count))

  await run(plan, [expand])
  const { events } = await run(plan, switches)
  const batches = eventsOf(events, 'step:start').filter(({ step }) => step.startsWith('switch'))
  expect(batches.length).toBeGreaterThanOrEqual(Math.ceil(count / batchSize))
  expect(await problems(plan)).toEqual([])
  await undo(plan, { to: 0 })
  expect(await dump(url, shape)).toEqual(before)
  await run(plan, [expand, ...switches])

  const written = await traffic.stop()
  for (const [table, service] of homes(services)) {
    const { amount } = (await client.rows<{ amount: string }>(`select amount from ${service}.${table}`))[0]!
    expect([table, Number(amount)]).toEqual([table, written.get(table) ?? 0])
  }
  await run(plan, [contract])
  expect(await problems(plan)).toEqual([])
  expect(await client.value(countOfKeys)).toBe(3 * count)
}

/** One client that writes to and reads from one table after the other, by the old names; it stops at the first error. */
function startTraffic(url: string, tables: readonly string[]): { stop: () => Promise<Map<string, number>> } {
  const written = new Map<string, number>()
  let isStopping = false
  const work = async (): Promise<void> => {
    await using client = await connect(url, 'old application')
    for (const table of tables) await client.query(`insert into ${table} (owner_id, code) values (1, 'a')`)
    for (let n = 0; !isStopping; n++) {
      // A step that has no divisor in common with the number of tables comes to each of them, far from the last.
      const table = tables[(n * 37) % tables.length]!
      await client.query(`update ${table} set amount = amount + 1 where id = 1`)
      written.set(table, (written.get(table) ?? 0) + 1)
      await client.query(`select * from ${table} t join ${table} o on o.id = t.owner_id where t.id = $1`, [1])
    }
  }
  const done = work()
  done.catch(() => undefined)
  return {
    stop: async () => {
      isStopping = true
      await done
      return written
    },
  }
}

function homes(services: ReadonlyMap<string, readonly string[]>): (readonly [string, string])[] {
  return [...services].flatMap(([service, tables]) => tables.map((table) => [table, service] as const))
}

const shape = { except: 'migrate' }
const countOfKeys = `
  select count(*)::int from pg_constraint
   where contype = 'f' and convalidated and connamespace is distinct from to_regnamespace('migrate')`
