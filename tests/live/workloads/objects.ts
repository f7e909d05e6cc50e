import type { Work, Workload } from '../../../scripts/load/workload.ts'

type Perform = (work: Work) => Promise<void>

const jobs = { table: 'jobs', column: 'token' }

/** Calls of functions and uses of views over a table `jobs`. */
const operations = {
  function: async (work) => {
    const token = work.token()
    work.willInsert(jobs, token)
    await work.run(`select ${work.name('add_job')}($1::text)`, [token])
  },
  compute: async (work) => {
    await work.run(`select ${work.name('job_label')}(id) from ${work.name('jobs')} where id <= $1::integer`, [
      work.between(1, 20),
    ])
  },
  rows: async (work) => {
    const { rowCount } = await work.run(`select * from ${work.name('jobs_from')}($1::integer) limit 5`, [
      work.between(1, 50),
    ])
    if (rowCount !== 5) throw new Error(`jobs_from returned ${rowCount} rows`)
  },
  insert: async (work) => {
    const token = work.token()
    work.willInsert(jobs, token)
    await work.run(`insert into ${work.name('open_jobs')} (token) values ($1) returning id`, [token])
  },
  update: async (work) => {
    await work.run(`update ${work.name('open_jobs')} set note = default where id = $1`, [
      work.between(1, 100),
    ])
  },
  total: async (work) => {
    await work.run(`select note, n from ${work.name('job_notes')} where n > $1::integer`, [0])
  },
  summary: async (work) => {
    await work.run(`select n from ${work.name('job_summary')} where note = $1`, ['new'])
  },
  together: async (work) => {
    await work.transaction(async () => {
      await work.run(`select note from ${work.name('open_jobs')} where id = $1 for update`, [
        work.between(1, 100),
      ])
      await operations.function(work)
      await operations.total(work)
    })
  },
  procedure: async (work) => {
    const token = work.token()
    work.willInsert(jobs, token)
    await work.run(`call ${work.name('save_job')}($1)`, [token])
  },
} satisfies Record<string, Perform>

export type ObjectOperation = keyof typeof operations

/** `does`: the operations by name. */
export default function objectsWorkload(options: Readonly<Record<string, unknown>>): Workload {
  return {
    operations: (options['does'] as readonly ObjectOperation[]).map((name) => ({
      name,
      weight: 1,
      perform: operations[name],
    })),
  }
}
