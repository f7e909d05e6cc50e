import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dump } from '../support/dump.ts'
import { phasesOf, planFor } from '../support/plan.ts'
import { problems, remove, run, undo } from '../support/run.ts'
import { sampleRoles } from '../support/sample.ts'

const tableNames = ['plain', 'Mixed Case', 'user', 'say "hi"', 'späße'] as const
const types = ['integer', 'text', 'numeric(10, 2)', 'varchar(20)', 'timestamptz', 'jsonb', 'text[]'] as const
const defaults: Partial<Record<(typeof types)[number], string>> = {
  integer: '7',
  text: `'it''s'`,
  timestamptz: 'now()',
  jsonb: `'{}'`,
}

const column = fc.record({
  type: fc.constantFrom(...types),
  hasDefault: fc.boolean(),
  notNull: fc.boolean(),
  comment: fc.boolean(),
})
const table = fc.record({
  key: fc.constantFrom('serial', 'bigserial', 'bigint generated always as identity', 'integer'),
  columns: fc.array(column, { maxLength: 4 }),
  dropped: fc.boolean(),
  parent: fc.option(fc.nat()),
  grants: fc.array(fc.constantFrom('select', 'insert', 'update', 'references', 'all'), { maxLength: 2 }),
  columnGrant: fc.boolean(),
  owner: fc.boolean(),
  indexed: fc.boolean(),
  comment: fc.boolean(),
  rows: fc.nat(3),
  service: fc.nat(1),
})
const schema = fc.array(table, { minLength: 1, maxLength: tableNames.length })
type Tables = typeof schema extends fc.Arbitrary<infer T> ? T : never

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const nameOf = (index: number): string => `public.${quoted(tableNames[index]!)}`

/** SQL that builds the tables. */
function build(tables: Tables): string {
  return tables
    .flatMap((it, index) => {
      const name = nameOf(index)
      const columns = it.columns.map(({ type, hasDefault, notNull }, n) => {
        const value = defaults[type]
        const given = hasDefault && value !== undefined
        return `c${n} ${type}${given ? ` default ${value}` : ''}${notNull && given ? ' not null' : ''}`
      })
      const parent = it.parent === null ? undefined : nameOf(it.parent % (index + 1))
      return [
        `create table ${name} (${[`id ${it.key} primary key`, 'gone integer', ...columns].join(', ')})`,
        ...(it.dropped ? [`alter table ${name} drop column gone`] : []),
        ...(parent === undefined
          ? []
          : [`alter table ${name} add column up bigint references ${parent} (id)`]),
        ...(it.indexed ? [`create index on ${name} ((id + 1))`] : []),
        ...(it.comment ? [`comment on table ${name} is 'table ''${index}'''`] : []),
        ...it.columns.flatMap(({ comment }, n) =>
          comment ? [`comment on column ${name}.c${n} is 'c'`] : [],
        ),
        ...it.grants.map(
          (privilege, n) => `grant ${privilege} on ${name} to ${n === 0 ? 'test_reader' : 'public'}`,
        ),
        ...(it.columnGrant ? [`grant update (id) on ${name} to test_writer`] : []),
        ...(it.owner ? [`alter table ${name} owner to test_owner`] : []),
        ...(it.key === 'integer'
          ? []
          : Array.from({ length: it.rows }, () => `insert into ${name} default values`)),
      ]
    })
    .join(';\n')
}

test('whatever the tables are, execute to the last switch, rollback and uninstall change nothing', async () => {
  await sampleRoles()
  const property = fc.asyncProperty(schema, async (tables) => {
    await using database = await freshDatabase('property')
    await sql(database.url, build(tables))
    const before = await dump(database.url, { rows: true })
    const services = ['one', 'two'].map((name, n) => [
      name,
      tables.flatMap(({ service }, index) =>
        service === n ? [tableNames[index]!.replaceAll(/[*?[\]{}\\]/g, '\\$&')] : [],
      ),
    ])
    const plan = planFor(database.url, {
      services: Object.fromEntries(services.filter(([, list]) => (list as string[]).length > 0)) as Record<
        string,
        string[]
      >,
    })
    const { switches } = phasesOf(plan)
    await run(plan, [1, ...switches])
    expect(await problems(plan)).toEqual([])
    await undo(plan, { to: 0 })
    expect(await remove(plan)).toBe(true)
    expect(await dump(database.url, { rows: true })).toBe(before)
  })
  await fc.assert(property, {
    numRuns: process.env['SOAK'] ? 300 : 6,
    endOnFailure: Boolean(process.env['SOAK']),
  })
})
