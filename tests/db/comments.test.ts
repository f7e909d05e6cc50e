import { expect, test } from '@jest/globals'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { dump } from '../support/dump.ts'
import { phasesOf, planFor, uncounted } from '../support/plan.ts'
import { problems, run, undo } from '../support/run.ts'

const structure = `
  create table kept (id integer primary key, dropped integer, n integer default 0, plain text);
  alter table kept drop column dropped;
  comment on table kept is 'accounts of customers'; comment on column kept.n is '@omit create';
  create table shelled (like kept including all); comment on table shelled is '@name it''s';
  create table gone (id integer, n integer); comment on column gone.n is 'a number';
  create view seen as select id from kept; comment on view seen is 'a view'; comment on column seen.id is 'its key';
  create table bare (id integer)`

const names = ['kept', 'shelled', 'gone', 'seen', 'bare']

test('comments are those of the table by both names in every phase, and on every way back', async () => {
  await using database = await freshDatabase('comments')
  await sql(database.url, structure)
  const plan = planFor(database.url, {
    services: {
      app: {
        tables: names.filter((name) => name !== 'seen'),
        views: ['seen'],
        compat: { shelled: 'shell', gone: 'none' },
      },
    },
    allow: uncounted('public.shelled'),
  })
  const { expand, switches, contract } = phasesOf(plan)
  const [before, said] = [
    await dump(database.url, { except: 'migrate' }),
    await commentsOf(database.url, 'public', names),
  ]
  const both = ['kept', 'shelled', 'seen', 'bare']
  const expectBoth = async (): Promise<void> => {
    const expected = await commentsOf(database.url, 'app', names)
    expect(await commentsOf(database.url, 'public', both)).toEqual(
      Object.fromEntries(Object.entries(expected).filter(([name]) => both.includes(name))),
    )
  }

  await run(plan, [expand])
  expect(await commentsOf(database.url, 'app', names)).toEqual(said)
  await expectBoth()
  await sql(
    database.url,
    `comment on table public.kept is 'changed'; comment on column public.gone.n is null`,
  )
  await run(plan, switches)
  await expectBoth()
  expect((await commentsOf(database.url, 'public', ['kept']))['kept']).toMatchObject({ '': 'changed' })

  await sql(
    database.url,
    `comment on column app.kept.n is null; comment on table app.kept is 'again';
     comment on column app.shelled.plain is 'new'; comment on table app.shelled is null`,
  )
  await run(plan, switches)
  await expectBoth()
  expect(await problems(plan)).toEqual([])
  await sql(database.url, `comment on table app.kept is 'at last'; comment on column app.seen.id is null`)
  await undo(plan, { phase: switches[0]! })
  expect(await commentsOf(database.url, 'app', names)).toEqual(
    await commentsOf(database.url, 'public', names),
  )
  expect((await commentsOf(database.url, 'app', ['kept']))['kept']).toEqual({ '': 'at last' })

  await run(plan, [...switches, contract])
  await undo(plan, { phase: contract })
  await expectBoth()
  await undo(plan, { to: 0 })
  await sql(
    database.url,
    structure
      .replace(/create .*?;|alter .*?;|create table bare .*$/gs, '')
      .concat(
        `comment on column shelled.plain is null; comment on column kept.n is '@omit create'; comment on column shelled.n is '@omit create'`,
      ),
  )
  expect(await dump(database.url, { except: 'migrate' })).toBe(before)
})

/** Comments by relation and column; that of the relation itself by the empty string. */
async function commentsOf(
  url: string,
  schema: string,
  relations: readonly string[],
): Promise<Record<string, Record<string, string>>> {
  const rows = await rowsOf<{ name: string; comments: Record<string, string> }>(
    url,
    `select c.relname as name, coalesce(jsonb_object_agg(coalesce(a.attname, ''), d.description) filter (where d.objoid is not null), '{}') as comments
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid
       left join pg_attribute a on a.attrelid = c.oid and a.attnum = nullif(d.objsubid, 0)
      where n.nspname = '${schema}' and c.relname = any('{${relations.join()}}') and c.relkind in ('r', 'p', 'v') group by 1`,
  )
  return Object.fromEntries(rows.map(({ name, comments }) => [name, comments]))
}
