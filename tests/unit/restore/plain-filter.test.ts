import { expect, test } from '@jest/globals'
import { filterPlain, type LeftOut } from '../../../src/restore/plain-filter.ts'

async function filtered(text: string): Promise<{ passed: string; leftOut: object }> {
  const leftOut: LeftOut = new Map()
  let passed = ''
  for await (const piece of filterPlain(lines(text), leftOut)) passed += piece
  return { passed, leftOut: Object.fromEntries(leftOut) }
}

async function* lines(text: string): AsyncGenerator<string> {
  yield* await Promise.resolve(text.split('\n'))
}

test.each([
  ['quotes', `insert into t values ('a;b', E'it\\'s; \\\\', 'it''s;\n\\connect x');`],
  ['an identifier', `create table "a;b""c" (n int);`],
  [
    'dollar quotes',
    `create function f() returns void as $b$ begin; $x$ ; $x$ \n\\! ls\n end $b$ language plpgsql;`,
  ],
  ['a parameter that looks like one', `prepare p as select $1, $2;`],
  ['comments', `/* a ; /* b ; */ \\c x */ select 1; -- '; \\! ls\nselect 2;`],
  ['a rule', `create rule r as on insert to t do also (insert into u values (1); insert into u values (2));`],
  [
    'the body of a function',
    `create function f() returns int language sql begin atomic\n select 1;\n select 2;\nend;`,
  ],
  ['rows', `copy t (a, b) from stdin;\n1\t\\N\n;\t'\n\\connect\t\\\\\n\\.\nselect 1;`],
  ['a user mapping', `create user mapping for current_user server s;`],
])('passes %s on as it is', async (_what, text) => {
  const { passed, leftOut } = await filtered(text)
  expect(passed.trimEnd()).toBe(text)
  expect(leftOut).toEqual({})
})

test('leaves out what reaches beyond the database, and counts it', async () => {
  const text = `-- Name: x
CREATE DATABASE heal7 WITH TEMPLATE = template0;
\\connect heal7
\\restrict abc
SET transaction_timeout = 0;
ALTER TABLE public.users OWNER TO nobody;
-- a comment
ALTER
  DEFAULT PRIVILEGES FOR ROLE a GRANT SELECT ON TABLES TO b;
GRANT ALL ON TABLE t TO x; select 1;
CREATE USER eve; ALTER ROLE eve SUPERUSER;
COMMENT ON DATABASE heal7 IS 'x;y';
\\unrestrict abc`
  const { passed, leftOut } = await filtered(text)
  expect(passed.split('\n').filter((line) => line.trim() !== '')).toEqual([
    '-- Name: x',
    '-- a comment',
    ' select 1;',
  ])
  expect(leftOut).toEqual({
    'statements about databases': 1,
    '\\connect': 1,
    'settings of later servers': 1,
    owners: 1,
    privileges: 2,
    'statements about roles and tablespaces': 2,
    'comments on databases and roles': 1,
  })
})

test.each([
  ['\\connect a\n\\connect b', 'restore-refused'],
  ['\\i other.sql', 'restore-refused'],
  ['select 1 \\gexec', 'restore-refused'],
  [`copy t to '/etc/passwd';`, 'restore-refused'],
  [`select 'open`, 'backup-corrupt'],
  ['copy t from stdin;\n1', 'backup-corrupt'],
  ['create table t (', 'backup-corrupt'],
  ['-- PostgreSQL database dump\n\nselect 1;', 'backup-corrupt'],
])('%j is refused', async (text, code) => {
  await expect(filtered(text)).rejects.toMatchObject({ code })
})
