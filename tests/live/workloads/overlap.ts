import type { Workload } from '../../../scripts/load/workload.ts'

/** Transactions that stay open for a while, so that some client always holds a lock on the tables. */
export default function overlapWorkload(options: Readonly<Record<string, unknown>>): Workload {
  const tables = options['tables'] as readonly string[]
  const seconds = Number(options['ms']) / 1000
  return {
    operations: [
      {
        name: 'overlap',
        weight: 1,
        perform: async (work) => {
          const table = work.pick(tables)
          await work.transaction(async () => {
            await work.run(`select * from ${work.name(table)} where id = $1`, [work.between(1, 100)])
            await work.run(`select pg_sleep(${seconds})`)
            const token = work.token()
            work.willInsert({ table, column: 'token' }, token)
            await work.run(`insert into ${work.name(table)} (parent_id, token) values (1, $1)`, [token])
          })
        },
      },
    ],
  }
}
