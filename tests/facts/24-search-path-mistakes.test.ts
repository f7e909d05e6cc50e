import { expect, test } from '@jest/globals'
import { connect, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { findingsOf } from './findings.ts'

test('a search_path that was quoted as a whole is one name, and is told of', async () => {
  await using database = await freshDatabase('path')
  await sql(
    database.url,
    `create table public.t (id integer);
     do $$ begin execute format('alter database %I set search_path = %L', current_database(), 's,public'); end $$`,
  )
  await using client = await connect(database.url)
  await expect(client.query('select from t')).rejects.toMatchObject({ code: '42P01' })
  const found = await findingsOf(planFor(database.url, { services: { s: ['t'] } }))
  expect(found.filter(({ rule }) => rule === 'path-mistaken')).toMatchObject([
    { on: 'database', severity: 'warning', text: expect.stringContaining('"s,public"') },
  ])
})
