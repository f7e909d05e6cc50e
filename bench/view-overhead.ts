import pg from 'pg'
import type { Benchmark } from './benchmark.ts'
import { writePlan } from './plan-file.ts'
import { median } from './statistics.ts'

/** What a statement costs by an old name: through a plain view, and through one that counts its uses. */
export const viewOverhead: Benchmark = {
  name: 'view-overhead',
  measure: async (cluster, { isQuick, tell }) => {
    const database = 'overhead'
    const url = await cluster.createDatabase(database)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query(prepare)
      const { migrate } = await writePlan(cluster, database, new Map([['service', ['telltale']]]))
      await migrate.run('execute', '--to', '2', '--yes', '--confirm', database)
      tell('measuring statements')
      const rows: string[][] = []
      const raw: Record<string, Record<string, number>> = {}
      for (const [statement, sql] of Object.entries(statements)) {
        for (const manner of ['simple', 'prepared'] as const) {
          const samples: Record<string, number[]> = { plain: [], compat: [], telltale: [] }
          // In turns, so that whatever else the machine does meets all three alike.
          for (let round = 0; round < (isQuick ? 3 : 15); round++) {
            for (const relation of relations) {
              const began = performance.now()
              for (let n = 0; n < REPEATS; n++) {
                const text = sql.replaceAll('TABLE', `public.${relation}`)
                const id = 1 + ((round * REPEATS + n) % ROWS)
                await (manner === 'simple'
                  ? client.query(text.replace('$1', String(id)))
                  : client.query({ name: `${statement} ${relation}`, text, values: [id] }))
              }
              samples[relation]!.push(((performance.now() - began) * 1_000) / REPEATS)
            }
          }
          const found = Object.fromEntries(relations.map((each) => [each, median(samples[each]!)]))
          raw[`${statement}, ${manner}`] = found
          const ratio = (relation: string): string => (found[relation]! / found['plain']!).toFixed(2)
          rows.push([
            statement,
            manner,
            found['plain']!.toFixed(0),
            found['compat']!.toFixed(0),
            ratio('compat'),
            found['telltale']!.toFixed(0),
            ratio('telltale'),
          ])
        }
      }
      return {
        title: 'Overhead of an old name',
        notes: [
          'µs a statement with its round trip, one client, medians of rounds in turn; × is against the table',
        ],
        tables: [
          { header: ['statement', 'manner', 'table', 'view', '× view', 'counting view', '× counting'], rows },
        ],
        aims: [],
        raw,
      }
    } finally {
      await client.end()
    }
  },
}

const ROWS = 10_000
const REPEATS = 200
const relations = ['plain', 'compat', 'telltale'] as const
const statements = {
  'select by key': 'select * from TABLE where id = $1',
  update: 'update TABLE set amount = amount + 1 where id = $1',
  insert: 'insert into TABLE (amount) values ($1)',
}
const columns = '(id bigserial primary key, amount numeric not null default 0, note text)'
const prepare = `
  create table plain ${columns};
  create table behind_compat ${columns};
  create table telltale ${columns};
  insert into plain (amount) select 1 from generate_series(1, ${ROWS});
  insert into behind_compat (amount) select 1 from generate_series(1, ${ROWS});
  insert into telltale (amount) select 1 from generate_series(1, ${ROWS});
  create view compat as select id, amount, note from behind_compat`
