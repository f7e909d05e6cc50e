import { expect, test } from '@jest/globals'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import { planFor } from '../support/plan.ts'
import { failureOf, run, undo } from '../support/run.ts'

const structure =
  'create table public.t (id serial primary key, name text unique); insert into public.t (name) values (1)'

/** What takes a name that the table needs where it goes, and what gives it free again. */
const takers = (schema: string): readonly (readonly [taken: string, freed: string])[] => [
  [`create index t_name_key on ${schema}.other (id)`, `drop index ${schema}.t_name_key`],
  [`create view ${schema}.t_pkey as select 1`, `drop view ${schema}.t_pkey`],
  [`create type ${schema}._t as enum ()`, `drop type ${schema}._t`],
]
/** The sequence of a serial column keeps its old name until contract. */
const sequence = ['create sequence s.t_id_seq', 'drop sequence s.t_id_seq'] as const

test('names that were taken meanwhile are told before anything is changed, forward and on the way back', async () => {
  await using database = await freshDatabase('collision')
  await sql(database.url, `${structure}; create table public.other (id integer)`)
  const plan = planFor(database.url, { services: { s: ['t'] } })
  await run(plan, [1])
  await sql(database.url, 'create table s.other (id integer)')
  const refusedFor = async (taken: string, freed: string, doing: () => Promise<unknown>): Promise<void> => {
    await sql(database.url, taken)
    const { code, message, detail } = await failureOf(doing())
    expect([taken, code]).toEqual([taken, 'preflight-refused'])
    expect([message, ...detail].join('\n')).toContain(/\w+\.(\w+)/.exec(freed)![1])
    await sql(database.url, freed)
  }
  const expanded = await dumpAll(database.url)
  for (const [taken, freed] of [...takers('s'), sequence])
    await refusedFor(taken, freed, () => run(plan, [2]))
  expect(await dumpAll(database.url)).toBe(expanded)
  await run(plan, [2])
  const switched = await dumpAll(database.url)
  for (const [taken, freed] of takers('public')) await refusedFor(taken, freed, () => undo(plan, { to: 0 }))
  expect(await dumpAll(database.url)).toBe(switched)
  await sql(database.url, 'drop table s.other')
  await undo(plan, { to: 0 })
  expect(await rowsOf(database.url, 'select name from public.t')).toEqual([{ name: '1' }])
})
