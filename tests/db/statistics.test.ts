import { describe, expect, test } from '@jest/globals'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import { planFor } from '../support/plan.ts'
import { failureOf, problems, run, undo } from '../support/run.ts'

const structure = `
  create table cities (zip text, city text, country text);
  create statistics cities_zip (dependencies) on zip, city from cities;
  create schema elsewhere;
  create statistics elsewhere.cities_country (ndistinct) on city, country from cities`

const where = `select stxnamespace::regnamespace::text || '.' || stxname as name from pg_statistic_ext order by 1`

describe('extended statistics', () => {
  test('go with their table, and back; those of another schema stay there', async () => {
    await using database = await freshDatabase('statistics')
    await sql(database.url, structure)
    const plan = planFor(database.url, { services: { places: ['cities'] } })
    const before = await dumpAll(database.url)
    await run(plan, [1, 2])
    expect(await rowsOf(database.url, where)).toEqual([
      { name: 'elsewhere.cities_country' },
      { name: 'places.cities_zip' },
    ])
    expect(await problems(plan)).toEqual([])
    await undo(plan, { to: 0 })
    expect(await dumpAll(database.url)).toBe(before)
  })

  test('a name that is taken in the new schema is a collision', async () => {
    await using database = await freshDatabase('statistics')
    await sql(
      database.url,
      `${structure}; create schema places; create table places.other (a integer, b integer);
       create statistics places.cities_zip on a, b from places.other`,
    )
    const plan = planFor(database.url, {
      services: { places: ['cities'] },
      allow: [{ rule: 'target-schema-exists', on: 'places', because: 'a test' }],
    })
    const refused = await failureOf(run(plan, [1]))
    expect([refused.message, ...refused.detail].join()).toMatch(
      /name-collision on public.cities: the statistics name/,
    )
  })
})
