import { chainTables } from '../../scripts/load/chain.ts'
import type { Workload } from '../../scripts/load/workload.ts'

/**
 * Clients as those of pgbench, on a chain of tables: a transaction that reads one, updates another and inserts into
 * a third, and single reads. A transaction updates one row only and inserts refer to keys, so that clients never
 * deadlock among themselves and every wait beyond the ordinary is the switch's doing.
 */
export default function clients(options: Readonly<Record<string, unknown>>): Workload {
  const tables = chainTables(Number(options['tables']))
  const rows = Number(options['rows'])
  return {
    operations: [
      {
        name: 'transaction',
        weight: 3,
        perform: (work) =>
          work.transaction(async () => {
            const table = (): string => work.name(work.pick(tables))
            const row = (): number => work.between(1, rows)
            await work.run(`select * from ${table()} where id = $1`, [row()])
            await work.run(`update ${table()} set counter = counter + 1 where id = $1`, [row()])
            await work.run(`insert into ${table()} (parent_id, token) values ($1, $2) returning id`, [
              row(),
              work.token(),
            ])
          }),
      },
      {
        name: 'read',
        weight: 1,
        perform: async (work) => {
          await work.run(`select * from ${work.name(work.pick(tables))} where id = $1`, [
            work.between(1, rows),
          ])
        },
      },
    ],
  }
}
