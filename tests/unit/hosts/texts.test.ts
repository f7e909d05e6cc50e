import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Moves } from '../../../src/rewrite/moves.ts'
import { codesOf, Rewriter } from './rewriter.ts'

let rewriter: Rewriter

beforeAll(async () => {
  rewriter = await Rewriter.open()
})

afterAll(() => rewriter.close())

/** Each is what a driver is given, in a Go string that no escape and no hole disturbs. */
function inRaw(sql: string): string {
  return `package a\nvar _ = db.Exec(\`${sql}\`)`
}

describe('placeholders', () => {
  test.each([
    'select * from «app.»users where id = $1',
    'select * from «app.»users where id = %s',
    'select * from «app.»users where id = %(users)s',
    'select * from «app.»users where id=%s and a like %s',
    `select * from «app.»users where a like 'x%%' and b %% 2 = %s`,
    'select * from «app.»users where id = :users and b = :b::date and c[1:2] = d',
    'select * from «app.»users where id = ? and b in (?, ?)',
    `select * from «app.»users where a ? 'users_key' and b ?| array['x']`,
    'select * from «app.»users where id = @id',
    'select * from «app.»users where id = #{user.id}',
    'select * from «app.»users where id = $/id/ and b = $(b) and c = $<c>',
    'select * from «app.»users where id = ${id} limit {n}',
    `select * from «app.»users where a = '{x}' and b = '?' and c = ':n'`,
    'insert into «app.»users values %s',
    'select * from «app.»users where (a, b) in %s order by 1',
  ])('%s', async (sql) => {
    await rewriter.check('.go', inRaw(sql))
  })

  test.each([
    'select * from %s join «app.»users on true',
    'delete from {table} using «app.»users',
    'update ? set a = 1 from «app.»users',
  ])('for a relation: %s', async (sql) => {
    await rewriter.check('.go', inRaw(sql), ['dynamic-relation'])
  })
})

describe('what is put in', () => {
  test.each([
    'select {columns} from «app.»users',
    'select a{more} from «app.»users',
    'select * from «app.»users {join} where a = 1',
    'select * from «app.»users where {condition} and a = 1',
    'select * from «app.»users where a = 1 {and_more} order by a',
    'select * from «app.»users order by a {direction} nulls last',
    'select * from «app.»users limit {n} offset {m}',
    'update «app.»users set {assignments} where id = 1',
    'insert into «app.»users ({columns}) values ({values})',
    'insert into «app.»users values {rows} returning id',
    'select * from ({query}) q join «app.»users on true',
    'with q as ({query}) select * from q join «app.»users on true',
    `select interval '{n} days', '{it}' from «app.»users`,
    'select * from «app.»users{where}',
  ])('%s', async (sql) => {
    // A name and what is joined to it may be another name.
    await rewriter.check(
      '.py',
      `q = f"${sql.replace('«app.»users{where}', 'users{where}')}"`,
      sql.includes('users{') ? ['dynamic-relation'] : [],
    )
  })
})

test('a statement behind what is put in before it', async () => {
  await rewriter.check('.py', 'x = f"""\n  {cte}\n  SELECT a FROM «app.»users {joins} WHERE a = ?"""')
})

test('a piece that its name says is one', async () => {
  await rewriter.check('.py', 'where_clause = "AND NOT EXISTS (SELECT 1 FROM «app.»users WHERE a = b)"')
})

describe('pieces', () => {
  test.each([
    ' from «app.»users where a = %s',
    ' join «app.»users u on u.id = o.user_id',
    ' left join ‹public›«app».users using (id)',
    'where exists (select 1 from «app.»users)',
    'and id in (select user_id from «app.»orders where a = %s)',
    `nextval('«app.»users_id_seq')`,
    'using «app.»users u where u.id = 1',
  ])('%s', async (sql) => {
    await rewriter.check('.py', `q += "${sql}"`, [], 'low')
    const before = `q += "${sql.replaceAll(/«[^»]*»|[‹›]/g, '')}"`
    const told = await rewriter.rewrite('.py', before)
    expect([told.text, codesOf(told.findings)]).toEqual([before, ['low-confidence']])
  })

  test.each([
    'select * from «app.»users where ',
    'insert into «app.»users (a) ',
    'update «app.»users set ',
    'insert into «app.»users ',
    'UPDATE «app.»users',
    'update only «app.»users as u',
  ])('the beginning of one: %s', async (sql) => {
    await rewriter.check('.py', `q = "${sql}"`)
  })
})

describe('what is left as it is', () => {
  test.each([
    ['broken SQL', 'q = "select * form users where a = 1"', ['parse']],
    ['a relation behind words that are no SQL', 'q = "%%% from users"', ['low-confidence']],
    ['a name in a catalog', `q = "select * from t where table_name = 'users'"`, ['sql-literal']],
    ['a value', `q = "select * from t where a = 'users'"`, []],
    ['text', 'q = "all our users"', []],
    ['a label', 'q = "Delete from users"', ['low-confidence']],
    ['another label', 'q = "delete from users"', ['low-confidence']],
    ['a path', 'q = "/users/" + id', []],
    ['a longer word', 'q = "select * from users_old, my_users"', []],
    ['other schemas', 'q = "select * from other.users where a = 1"', []],
    ['a CTE', 'q = "with users as (select 1) select * from users where true"', []],
    ['placeholders of that name', 'q = "select 1 where a = %(users)s"', []],
  ])('%s', async (_name, text, undecided) => {
    await rewriter.check('.py', text, undecided)
  })

  test.each([
    ['INSERT OR IGNORE INTO users VALUES (?)'],
    ['insert into `users` values (1)'],
    ['create table users (id integer primary key autoincrement)'],
    ['select * from users where a match ? and b = 1'],
    ['Your server is unable to join users this large. Please speak to your admin.'],
  ])('of another database, or a sentence: %s', async (text) => {
    await rewriter.check('.go', inRaw(text))
    if (!text.startsWith('Your')) await rewriter.check('.sql', `${text};\nselect * from «app.»users;`)
  })

  test('a comment with backquotes makes no statement one of another database', async () => {
    await rewriter.check('.sql', 'select * form users; -- `x`\nselect 1 -- `y`\nform users;', [
      'parse',
      'parse',
    ])
  })

  test('a comment of a person settles it', async () => {
    for (const text of [
      't = "public.users"  # migrate: reviewed',
      '# migrate: reviewed, it is a label\nt = "public.users"',
    ])
      await rewriter.check('.py', text)
  })

  test('a new name that a string cannot hold', async () => {
    const to = (target: string): Moves =>
      new Moves([{ class: 'relation', schema: 'public', name: 'users', target }])
    const text = `q = r"select * from users where a = 1"\np = "select * from users where a = 1"`
    const quoted = await rewriter.rewrite('.py', text, 'medium', to('My App'))
    expect(quoted.text).toBe(
      `q = r"select * from users where a = 1"\np = "select * from \\"My App\\".users where a = 1"`,
    )
    expect(codesOf(quoted.findings)).toEqual(['unwritable'])
    const percent = await rewriter.rewrite('.py', text, 'medium', to('50%'))
    expect([percent.text, codesOf(percent.findings)]).toEqual([text, ['unwritable', 'unwritable']])
  })
})

describe('scripts', () => {
  test('of psql, with a byte order mark and Windows lines', async () => {
    const result = await rewriter.check(
      '.sql',
      `\uFEFFselect * from «app.»users;\r\n\\d «app.»users\r\ncopy «app.»users from stdin;\nusers\n\\.\ncreate function f() returns bigint language sql as $$ select count(*) from ‹public›«app».users $$;\n`,
    )
    expect(result.statements.length).toBeGreaterThan(2)
  })

  test('what cannot be parsed stays, and is told for each name', async () => {
    await rewriter.check('.sql', 'select 1 frm users, orders;\nselect * from «app.»users;\n', [
      'parse',
      'parse',
    ])
  })
})
