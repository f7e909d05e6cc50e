import { beforeAll, describe, expect, test } from '@jest/globals'
import { judge, type Fired } from '../../../src/computed/judge.ts'
import { Places } from '../../../src/computed/place.ts'
import { Parser } from '../../../src/sql/parser.ts'

let parser: Parser
beforeAll(async () => {
  parser = await Parser.load()
})

const moves = ['items', 'items_log', 'items_id_seq', 'Order'].map((name) => ({
  schema: 'public',
  name,
  target: 'svc',
  staysUntilContract: true,
}))
const staying = new Set([
  'public\0items_history',
  'audit\0log',
  'public\0plain',
  'pg_catalog\0pg_class',
  'pg_catalog\0pg_index',
  'pg_catalog\0pg_attribute',
])
const places = new Places(moves, (schema, name) => staying.has(`${schema}\0${name}`))

/** What is said of a trigger function on public.items: `phase severity text`. */
function said(body: string, more: Partial<Fired> = {}): string[] {
  return judged(body, more).verdicts.map(
    ({ line, phase, severity, text }) => `${line} ${phase} ${severity}: ${text}`,
  )
}

function judged(body: string, more: Partial<Fired> = {}): ReturnType<typeof judge> {
  const text = `create function f() returns trigger language plpgsql as $f$${body}$f$`
  const parsed = parser.parseBody(text)
  if ('unparsable' in parsed) throw new Error(parsed.unparsable)
  return judge(
    parser,
    parsed.functions[0]!,
    {
      table: { schema: 'public', name: 'items' },
      arguments: ['owner_id', 'public.items_log'],
      path: ['public'],
      temporary: new Set(),
      ...more,
    },
    places,
  )
}

function run(statements: string, more: Partial<Fired> = {}, declared = ''): string[] {
  return said(`declare n int; t text; r record;${declared} begin ${statements} return new; end`, more)
}

describe('SQL that a trigger function puts together', () => {
  const fails = (statement: string, declared = '', more: Partial<Fired> = {}) =>
    run(statement, more, declared).filter((line) => line.includes('it runs SQL with'))
  test.each([
    [
      `execute format('select max(v) + 1 from %I where %I = $1', tg_relid::regclass, tg_argv[0]) using new.id into n;`,
    ],
    [`execute 'select 1 from ' || quote_ident(tg_relid::regclass::text);`],
    [`t := tg_relid::regclass; execute format('delete from %I', t);`],
    [
      `t := tg_relid::regclass::text; if new.id > 1 then t := 'plain'; end if; execute 'delete from ' || quote_ident(t);`,
    ],
    [`select format('%I', tg_relid::regclass) into t; execute 'delete from ' || t;`],
    [`execute format('insert into %s values (1)', quote_ident(TG_RELID::regclass::name));`],
    [
      `execute format('insert into %I.%I select $1.*', TG_TABLE_SCHEMA, TG_TABLE_NAME || '_history') using new;`,
    ],
    [`execute 'insert into ' || TG_RELID::regclass || '_history select 1';`],
    [`execute 'insert into ' || tg_table_schema || '.' || tg_relname || '_history select $1.*' using old;`],
    [`for r in execute 'select * from ' || TG_TABLE_SCHEMA || '.plain' loop null; end loop;`],
    [`execute concat('select 1 from ', tg_table_schema, '.', 'plain');`],
    [`execute concat_ws(' ', 'select 1 from', quote_ident(cast(tg_relid as regclass)::text));`],
    [`execute replace('select 1 from %t', '%t', quote_ident(tg_relid::regclass::text));`],
    [`execute case when new.id = 1 then format('delete from %I', tg_relid::regclass) else 'select 1' end;`],
  ])('%s fails from the switch on', (statement) => {
    expect(fails(statement)).toHaveLength(1)
    expect(fails(statement)[0]).toContain('switch error')
  })

  test.each([
    [`execute format('insert into %I_history select $1.*', TG_TABLE_NAME) using new;`],
    [`execute format('select 1 from %s', tg_relid::regclass);`],
    [`execute 'select 1 from ' || tg_relid::regclass;`],
    [`execute format('select 1 from %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME);`],
    [
      `execute 'select 1 from ' || quote_ident(TG_TABLE_SCHEMA) || '.' || quote_ident(TG_TABLE_NAME) || ' where id = ' || new.id;`,
    ],
    [`execute format('insert into %s_log values ($1)', tg_relid::regclass) using 1;`],
    [`execute format('insert into audit.log values (%L)', TG_TABLE_NAME);`],
    [`execute 'select ($1).' || quote_ident(tg_argv[0]) using new into t;`],
    [`t := 'a'; for n in 1..3 loop t := t || n; end loop; execute t;`],
  ])('%s does not', (statement) => {
    expect(fails(statement)).toEqual([])
  })

  test.each([
    [`execute format('delete from %I', TG_TABLE_NAME);`, 'items'],
    [`execute 'select 1 from ' || TG_RELNAME;`, 'items'],
    [`execute 'insert into ' || tg_argv[1] || ' values (1)';`, 'public.items_log'],
    [`execute format('insert into %I_log values (1)', TG_TABLE_NAME);`, 'items_log'],
    [`execute format('insert into public.%I values (1)', TG_TABLE_NAME);`, 'public.items'],
    [`perform nextval(TG_TABLE_NAME || '_id_seq');`, 'items_id_seq'],
  ])('%s fails from contract on', (statement, name) => {
    const [found, ...more] = run(statement).filter((line) => line.includes('error'))
    expect(more).toEqual([])
    expect(found).toContain('contract error')
    expect(found).toContain(name)
  })

  test('a path that finds the new names, or prints them without a schema', () => {
    const path = ['svc', 'public']
    expect(fails(`execute format('delete from %I', tg_relid::regclass);`, '', { path })).toEqual([])
    expect(run(`execute format('delete from %I', TG_TABLE_NAME);`, { path })).toEqual([])
  })

  test('lines are decided where every name is known and there at the end', () => {
    const { executed } = judged(`declare t text; begin
      execute format('delete from %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME);
      execute format('delete from %I', TG_TABLE_NAME);
      execute t;
      return new; end`)
    expect([...executed]).toEqual([
      [2, true],
      [3, false],
      [4, false],
    ])
  })
})

describe('other uses of the table’s name', () => {
  test.each([
    [
      `select a.attname into t from pg_index i join pg_attribute a on a.attrelid = i.indrelid where i.indrelid = TG_TABLE_NAME::regclass;`,
      ['switch error', 'contract error'],
    ],
    [
      `select string_agg(attname, ',') into t from pg_attribute where attrelid = TG_TABLE_NAME::regclass;`,
      ['switch warning', 'contract error'],
    ],
    [
      `select 1 into n from pg_attribute where attrelid = ('public.' || TG_TABLE_NAME)::regclass;`,
      ['switch warning', 'contract error'],
    ],
    [
      `select 1 into n from pg_attribute where attrelid = to_regclass(quote_ident(TG_RELNAME));`,
      ['switch warning', 'contract error'],
    ],
    [
      `select 1 into n from pg_attribute where attrelid = (TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME)::regclass;`,
      [],
    ],
    [
      `select 1 into n from pg_attribute where attrelid = format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME)::regclass;`,
      [],
    ],
    [`select 1 into n from pg_attribute where attrelid = TG_RELID;`, []],
    [`select 1 into n from pg_attribute where attrelid = TG_RELID::regclass;`, []],
    [
      `select 1 into n from information_schema.columns where table_schema = TG_TABLE_SCHEMA and table_name = TG_TABLE_NAME;`,
      [],
    ],
    [`if TG_TABLE_SCHEMA = 'public' then return null; end if;`, ['switch error']],
    [`if TG_TABLE_SCHEMA in ('public', 'other') then return null; end if;`, ['switch error']],
    [`if TG_TABLE_SCHEMA <> 'public' or new.id = 1 then return null; end if;`, ['switch error']],
    [`case TG_TABLE_SCHEMA when 'public' then return null; else return new; end case;`, ['switch error']],
    [`if tg_relid::regclass::text = 'items' then return null; end if;`, ['switch error']],
    [
      `if TG_TABLE_NAME = 'items' then return null; elsif TG_TABLE_NAME in ('plain') then return new; end if;`,
      [],
    ],
    [`if TG_TABLE_SCHEMA in ('public', 'svc') then return null; end if;`, []],
    [`insert into audit.log values (TG_RELID::regclass::text, to_jsonb(new));`, ['switch warning']],
    [`insert into audit.log values (TG_TABLE_SCHEMA, TG_TABLE_NAME);`, ['switch warning']],
    [`insert into audit.log values (TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, 1);`, ['switch warning']],
    [`r := row(TG_TABLE_SCHEMA::text, TG_TABLE_NAME::text, TG_OP);`, ['switch warning']],
    [`perform pg_notify('changes', json_build_object('schema', TG_TABLE_SCHEMA)::text);`, ['switch warning']],
    [`insert into audit.log values (TG_TABLE_NAME, TG_OP);`, []],
    [`insert into audit.log values (tg_relid, new.id);`, ['switch warning']],
    [`perform pg_advisory_xact_lock(tg_relid::int, new.id);`, ['switch warning']],
    [`raise notice 'in %', tg_table_schema;`, []],
    [`new.owner_id := 1;`, []],
  ])('%s', (statement, expected) => {
    expect(run(statement).map((line) => line.split(' ').slice(1, 3).join(' ').replace(':', ''))).toEqual(
      expected,
    )
  })

  test('what is nothing at the old name from the switch on', () => {
    const none = new Places(
      moves.map((move) => ({ ...move, staysUntilContract: false })),
      (schema, name) => staying.has(`${schema}\0${name}`),
    )
    const text = `create function f() returns trigger language plpgsql as $f$begin execute 'delete from ' || TG_TABLE_NAME; perform 1 from pg_class where oid = TG_TABLE_NAME::regclass; return new; end$f$`
    const parsed = parser.parseBody(text)
    const { verdicts } = judge(
      parser,
      ('functions' in parsed ? parsed.functions : [])[0]!,
      { table: { schema: 'public', name: 'items' }, arguments: [], path: ['public'], temporary: new Set() },
      none,
    )
    expect(verdicts.map(({ phase, severity }) => `${phase} ${severity}`)).toEqual([
      'switch error',
      'switch error',
    ])
  })
})
