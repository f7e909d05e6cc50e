import { expect, test } from '@jest/globals'
import { connect, sql, type TestClient } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { run, undo } from '../support/run.ts'
import { namedFindings } from './findings.ts'

/** Everything that is asked of a serial column by the name of its table. */
async function useSequence(client: TestClient, schema: string): Promise<unknown[]> {
  const t = `${schema}.t`
  const answers: unknown[] = [
    await client.value(`select pg_get_serial_sequence('${t}', 'id')`),
    await client.value(`insert into ${t} (note) values ('x') returning id`),
    await client.value(`select currval(pg_get_serial_sequence('${t}', 'id'))::int`),
    await client.value(`select nextval('${schema}.t_id_seq')::int`),
    await client.value(`select setval(pg_get_serial_sequence('${t}', 'id'), 500)::int`),
    await client.value(`insert into ${t} (note) values ('x') returning id`),
  ]
  await client.query(`select setval('${schema}.t_id_seq', 100); delete from ${t}`)
  return answers
}

test('nextval, currval, setval and pg_get_serial_sequence by the old name, in each phase, in an old session and a new one', async () => {
  await using database = await freshDatabase('sequences')
  await sql(
    database.url,
    `create table public.t (id serial primary key, note text); select setval('public.t_id_seq', 100)`,
  )
  await using old = await connect(database.url)
  const expected = ['public.t_id_seq', 101, 101, 102, 500, 501]
  const bothSay = async (schema: string, sequence: string): Promise<void> => {
    await using fresh = await connect(database.url)
    for (const client of [old, fresh])
      expect(await useSequence(client, schema)).toEqual([sequence, ...expected.slice(1)])
  }
  await bothSay('public', 'public.t_id_seq')
  const plan = planFor(database.url, { services: { s: ['t'] } })
  for (const change of [
    () => run(plan, [1]),
    () => run(plan, [2]),
    () => undo(plan, { phase: 2 }),
    () => run(plan, [2]),
  ]) {
    await change()
    await bothSay('public', 'public.t_id_seq')
  }
  await run(plan, [3])
  await bothSay('s', 's.t_id_seq')
})

test('the sequence of an identity column has no old name after the switch, and that is told before', async () => {
  await using database = await freshDatabase('identity')
  await sql(database.url, 'create table public.t (id integer generated always as identity, note text)')
  const plan = planFor(database.url, { services: { s: ['t'] } })
  await run(plan, [1])
  expect(await namedFindings(plan)).toContain('identity-sequence public.t')
  await run(plan, [2])
  await using client = await connect(database.url)
  expect(await client.value(`select to_regclass('public.t_id_seq')`)).toBeNull()
  expect(await client.value(`select nextval('s.t_id_seq')::int`)).toBe(1)
  expect(await client.value(`insert into public.t (note) values ('x') returning id`)).toBe(2)
})
