import type { Work, Workload } from '../../../scripts/load/workload.ts'

/** Clients that ask for the keys of serial columns by old names, as Django, Rails and Hibernate do. */
export default function serialWorkload(options: Readonly<Record<string, unknown>>): Workload {
  const tables = options['tables'] as readonly string[]
  const patterns = {
    /** The key that was just given, asked for by the name of its table and column. */
    currval: async (work: Work): Promise<void> => {
      const table = work.pick(tables)
      const { rows } = await work.run(
        `insert into ${work.name(table)} (parent_id, token) values (1, $1) returning id`,
        [work.token()],
      )
      const { rows: asked } = await work.run(
        `select currval(pg_get_serial_sequence('public.${table}', 'id'))::int as id`,
      )
      const [given, found] = [rows, asked].map((list) => (list[0] as { id: number } | undefined)?.id)
      if (found !== given) throw new Error(`currval of public.${table} is ${found}, the key was ${given}`)
    },
    /** The key first, the row later, in one transaction. */
    hibernate: async (work: Work): Promise<void> => {
      const table = work.pick(tables)
      await work.transaction(async () => {
        const { rows } = await work.run(`select nextval('public.${table}_id_seq')::int as id`)
        await work.run(`select 1 from ${work.name(table)} where id = 1`)
        await work.run(`insert into ${work.name(table)} (id, parent_id, token) values ($1, 1, $2)`, [
          (rows[0] as { id: number }).id,
          work.token(),
        ])
      })
    },
  }
  const chosen = options['patterns'] as readonly (keyof typeof patterns)[]
  return { operations: chosen.map((name) => ({ name, weight: 1, perform: patterns[name] })) }
}
