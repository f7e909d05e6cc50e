import type { Work, Workload } from '../../../scripts/load/workload.ts'

type Perform = (work: Work, table: string) => Promise<void>

/** Statements of every name, and those that only a table understands; each table has `id`, `token` and `note`. */
const operations = {
  insert: async (work, table) => {
    const token = announced(work, table)
    await work.run(`insert into ${work.name(table)} (token) values ($1) returning id`, [token])
  },
  update: async (work, table) => {
    await work.run(`update ${work.name(table)} set note = default where id = $1`, [work.between(1, 100)])
  },
  remove: async (work, table) => {
    const token = work.takeOwn({ table, column: 'token' })
    if (token === undefined) return
    work.willDelete({ table, column: 'token' }, token)
    await work.run(`delete from ${work.name(table)} where token = $1`, [token])
  },
  locks: async (work, table) => {
    await work.transaction(async () => {
      await work.run(`select note from ${work.name(table)} where id = $1 for update`, [work.between(1, 100)])
      await operations.insert(work, table)
    })
  },
  constraint: async (work, table) => {
    const token = announced(work, table)
    await work.run(
      `insert into ${work.name(table)} (token) values ($1) on conflict on constraint ${table}_pkey do nothing`,
      [token],
    )
  },
  ctid: async (work, table) => {
    const name = work.name(table)
    await work.run(`update ${name} set note = 'x' where ctid = (select ctid from ${name} where id = $1)`, [
      work.between(1, 100),
    ])
  },
  group: async (work, table) => {
    await work.run(`select id, token, note, count(*) from ${work.name(table)} group by id limit 5`)
  },
  merge: async (work, table) => {
    const token = announced(work, table)
    await work.run(
      `merge into ${work.name(table)} t using (select $1::text as token) s on t.token = s.token
         when matched then update set note = 'merged' when not matched then insert (token) values (s.token)`,
      [token],
    )
  },
  truncate: async (work, table) => {
    await work.run(`truncate ${work.name(table)}`)
  },
} satisfies Record<string, Perform>

export type PolicyOperation = keyof typeof operations

/** `does`: what is done to which tables. */
export default function policiesWorkload(options: Readonly<Record<string, unknown>>): Workload {
  const does = options['does'] as Readonly<Partial<Record<PolicyOperation, readonly string[]>>>
  return {
    operations: (Object.entries(does) as [PolicyOperation, readonly string[]][]).map(([name, tables]) => ({
      name,
      weight: 1,
      perform: (work) => operations[name](work, work.pick(tables)),
    })),
  }
}

function announced(work: Work, table: string): string {
  const token = work.token()
  work.willInsert({ table, column: 'token' }, token)
  return token
}
