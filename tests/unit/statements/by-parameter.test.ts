import { expect, test } from '@jest/globals'
import { namedByParameter } from '../../../src/statements/by-parameter.ts'

const found = (sql: string): number => namedByParameter([{ sql, role: 'app', calls: 1 }]).length

test.each([
  // As ActiveRecord, Django, Hibernate, PostgREST and monitoring write them.
  `SELECT a.attname FROM (SELECT indrelid, indkey FROM pg_index WHERE indrelid = $1::regclass AND indisprimary) i`,
  `SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > $2`,
  `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`,
  `select * from information_schema.key_column_usage where table_name = $1 and table_schema = $2`,
  `select pg_total_relation_size($1::regclass)`,
  `select conname from pg_constraint where conrelid = to_regclass($1)`,
])('%s finds a table by a name that is not told', (sql) => {
  expect(found(sql)).toBe(1)
})

test.each([
  `select * from users where id = $1`,
  `select d.objid from pg_depend d where d.classid = $1::regclass and d.objid = $2`,
  `select relname from pg_class where relkind = $1`,
  `select nextval($1::regclass)`,
])('%s does not', (sql) => {
  expect(found(sql)).toBe(0)
})
