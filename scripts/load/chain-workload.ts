import { chainTables } from './chain.ts'
import type { CounterPlace, Operation, TokenPlace, Work, Workload } from './workload.ts'

/** The counters of a chain, for `counterBase`. */
export function chainCounters(tables: number): CounterPlace[] {
  return chainTables(tables).map((table) => ({ table, key: 'id', column: 'counter' }))
}

/**
 * Clients of the schema that `buildChain` makes. Options: `tables`, `rows` (both as built). Rows are locked
 * in the order of the chain, so clients never deadlock among themselves.
 */
export default function chainWorkload(options: Readonly<Record<string, unknown>>): Workload {
  const tables = chainTables(Number(options['tables'] ?? 5))
  const rows = Number(options['rows'] ?? 200)
  const anyRow = (work: Work): number => work.between(1, rows)
  const tokenOf = (table: string): TokenPlace => ({ table, column: 'token' })
  const counterOf = (table: string): CounterPlace => ({ table, key: 'id', column: 'counter' })
  /** A table and the one after it; a chain of one is its own neighbour. */
  const pair = (work: Work): [string, string] => {
    const at = work.between(0, Math.max(0, tables.length - 2))
    return [tables[at] ?? 't1', tables[at + 1] ?? tables[at] ?? 't1']
  }

  const operations: Operation[] = [
    {
      name: 'read',
      weight: 4,
      perform: async (work) => {
        const { rows: found } = await work.run(
          `select * from ${work.name(work.pick(tables))} where id = $1`,
          [anyRow(work)],
        )
        if (found.length !== 1) throw new Error(`read ${found.length} rows instead of 1`)
      },
    },
    {
      name: 'join',
      weight: 2,
      perform: async (work) => {
        const [parent, child] = pair(work)
        await work.run(
          `select p.id, c.token, row_number() over (order by c.id) as number
             from ${work.name(parent)} p join ${work.name(child)} c on c.parent_id = p.id
            where p.id = $1 order by c.id limit 20`,
          [anyRow(work)],
        )
      },
    },
    {
      name: 'add',
      weight: 3,
      perform: async (work) => {
        const [table] = pair(work)
        const id = anyRow(work)
        work.willAdd(counterOf(table), id, 1)
        await work.run(`update ${work.name(table)} set counter = counter + 1 where id = $1`, [id])
      },
    },
    {
      name: 'transfer',
      weight: 3,
      perform: async (work) => {
        const [parent, child] = pair(work)
        const id = anyRow(work)
        const token = work.token()
        await work.transaction(async () => {
          await work.run(`select counter from ${work.name(parent)} where id = $1 for no key update`, [id])
          work.willAdd(counterOf(parent), id, 1)
          await work.run(`update ${work.name(parent)} set counter = counter + 1 where id = $1`, [id])
          work.willInsert(tokenOf(child), token)
          await work.run(`insert into ${work.name(child)} (parent_id, token) values ($1, $2) returning id`, [
            id,
            token,
          ])
        })
      },
    },
    {
      name: 'upsert',
      weight: 1,
      perform: async (work) => {
        const [table] = pair(work)
        const id = anyRow(work)
        work.willAdd(counterOf(table), id, 1)
        await work.run(
          `insert into ${work.name(table)} as t (parent_id, token) values ($1, $2)
             on conflict (token) do update set counter = t.counter + 1 returning id`,
          [id, `seed-${id}`],
        )
      },
    },
    {
      name: 'delete',
      weight: 1,
      perform: async (work) => {
        const last = tables.at(-1) ?? 't1'
        // A chain of one has transfers only into itself, and nothing refers to the last table.
        const token = work.takeOwn(tokenOf(last))
        if (token === undefined) return
        work.willDelete(tokenOf(last), token)
        const { rowCount } = await work.run(`delete from ${work.name(last)} where token = $1`, [token])
        if (rowCount !== 1) throw new Error(`deleted ${rowCount} rows instead of 1`)
      },
    },
  ]
  return { operations }
}
