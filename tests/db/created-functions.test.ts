import { expect, test } from '@jest/globals'
import { Parser } from '../../src/sql/parser.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { freshDatabase } from '../support/database.ts'
import { unqualifiedNames } from '../support/names-in-bodies.ts'
import { planFor, uncounted } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { run, silence, undo } from '../support/run.ts'
import { loginRoles } from '../support/sample.ts'

const schema = `
  create table public.users (id serial primary key, email text);
  create table public.late (id serial primary key);
  create function public.total(n int) returns bigint language sql stable as 'select count(*) + n from public.users';
  create function public.grow() returns void language plpgsql as 'begin insert into public.users default values; end';
  create procedure public.tidy() language plpgsql as 'begin delete from public.users where id < 0; end';
  insert into public.users (email) values ('a');
  alter table public.users owner to created_owner;
  revoke execute on procedure public.tidy from public;
`

/** Why a function of the tool has no search_path of its own. */
const withoutPath: readonly (readonly [RegExp, string])[] = [
  [
    /^migrate_stage\.counted_\d+$/,
    'it names nothing, is called by the telltale alone, and a path would double what each use costs',
  ],
  [
    /^(public|accounts)\.(total|grow|tidy)$/,
    'it stands under an old name, and what it calls must see the search_path of its caller',
  ],
]

/** Why one acts as its owner and not as its caller. */
const definers: readonly (readonly [RegExp, string])[] = [
  [/^migrate_stage\.used_\d+$/, 'who uses an old name may neither set track_functions nor call the counter'],
  [
    /^migrate_stage\.note_(changes|drops)$/,
    'who changes the structure may not read the journal, nor write into it',
  ],
]

/** Why everybody may call one. */
const open: readonly (readonly [RegExp, string])[] = [
  [/^migrate_stage\.used_\d+$/, 'the view under an old name calls it as whoever uses that name'],
  [/^(public|accounts)\.(total|grow|tidy)$/, 'it has the privileges of what it stands for'],
]

interface Created {
  readonly name: string
  readonly definer: boolean
  readonly isOpen: boolean
  readonly path: string | null
  readonly definition: string
  readonly owner: string
}

const created = `
  select n.nspname || '.' || p.proname as name, p.prosecdef as definer, pg_get_functiondef(p.oid) as definition,
         pg_get_userbyid(p.proowner) as owner,
         exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0) as "isOpen",
         (select substr(c, length('search_path=') + 1) from unnest(p.proconfig) c where c like 'search_path=%') as path
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname ~ '^migrate' or obj_description(p.oid, 'pg_proc') like 'made by pg-relocate%'
   order by 1`

function isListed(list: readonly (readonly [RegExp, string])[], { name }: Created): boolean {
  return list.some(([pattern]) => pattern.test(name))
}

function hasSafePath(each: Created): boolean {
  return each.path === null ? isListed(withoutPath, each) : /(^|, )pg_temp$/.test(each.path)
}

/** In what the functions of the tool break the rules, in the state that the database is in. */
async function breaches(url: string, parser: Parser): Promise<{ names: string[]; breaches: string[] }> {
  await using client = await connect(url)
  // What is not in pg_catalog is printed with its schema.
  await client.query('set search_path = pg_catalog')
  const all = await client.rows<Created & Record<string, unknown>>(created)
  const found = all.flatMap((each) => [
    ...(hasSafePath(each) ? [] : [`${each.name}: search_path ${each.path ?? 'of its caller'}`]),
    ...(each.definer && !isListed(definers, each) ? [`${each.name}: acts as its owner`] : []),
    ...(each.isOpen && !isListed(open, each) ? [`${each.name}: everybody may execute it`] : []),
    ...unqualifiedNames(parser, each.definition).map((name) => `${each.name}: ${name} without its schema`),
  ])
  return { names: all.map(({ name }) => name.replaceAll(/\d+/g, 'N')), breaches: found }
}

const journal = [
  'acls_of',
  'announce',
  'check_transition',
  'fence',
  'give_privileges',
  'grant_as',
  'grantee_name',
  'privileges_of',
  'take_privileges',
].map((name) => `migrate.${name}`)
const watch = ['migrate_stage.note_changes', 'migrate_stage.note_drops']
const counting = ['migrate_stage.counted_N', 'migrate_stage.used_N']

const taken = `select from migrate.screams where taken_at is not null and given_back_at is null`

test('whatever the tool creates finds its names by schema, in every phase and while a scream is under way', async () => {
  await loginRoles(['created_owner'])
  await using database = await freshDatabase('created')
  await sql(database.url, schema)
  const plan = planFor(database.url, {
    services: {
      accounts: { tables: ['users', 'late'], functions: ['total', 'grow', 'tidy'], compat: { late: 'late' } },
    },
    allow: uncounted('public.total', 'public.grow', 'public.tidy'),
  })
  const parser = await Parser.load()
  const look = (): Promise<{ names: string[]; breaches: string[] }> => breaches(database.url, parser)
  const sees = async (...wanted: string[]): Promise<void> => {
    const { names, breaches: found } = await look()
    expect(found).toEqual([])
    expect(names).toEqual(expect.arrayContaining(wanted))
  }
  await run(plan, [1])
  await sees(...journal, ...watch)
  await run(plan, [2])
  await sees(...journal, ...watch, ...counting, 'public.total', 'public.grow', 'public.tidy')
  const screaming = silence(plan, { forMs: 1000, tables: ['public.users'] })
  await until(async () => (await rowsOf(database.url, taken)).length > 0)
  await sees(...journal)
  await screaming
  await run(plan, [3])
  await sees(...journal)
  await undo(plan, { phase: 3 })
  await sees(...journal, ...watch, ...counting, 'public.total')
  await undo(plan, { to: 0 })
  const { names } = await look()
  expect(names.filter((name) => !name.startsWith('migrate.'))).toEqual([])
})
