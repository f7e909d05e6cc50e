import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { confidencesOf, Rewriter } from './rewriter.ts'

let rewriter: Rewriter

beforeAll(async () => {
  rewriter = await Rewriter.open()
})

afterAll(() => rewriter.close())

type Row = readonly [name: string, marked: string, undecided?: readonly string[]]

function rows(extension: string, table: readonly Row[]): void {
  test.each(table)('%s', async (_name, marked, undecided = []) => {
    await rewriter.check(extension, marked, undecided)
  })
}

describe('Python', () => {
  rows('.py', [
    ['a driver’s call', `cur.execute("select * from «app.»users where id = %s", (1,))`],
    [
      'a triple string in Korean',
      `q = """\n  select '한국 😀' -- of users\n  from «app.»users, ‹public›«app».orders\n"""`,
    ],
    ['strings side by side', `q = ("insert into «app.»users (a) "\n     'values (%(a)s)')`],
    ['strings joined', `q = "select * from " + "«app.»users" + " where id = " + str(n)`],
    [
      'an f-string',
      `q = f"select {c} from «app.»users where a = {a!r:>10} order by b {'desc' if d else 'asc'}"`,
    ],
    ['doubled braces in an f-string', `q = f"select '{{{x}}}' from «app.»users"`],
    ['escapes', String.raw`q = 'select \'it\', "\u00e9\x41\101" from\n«app.»users'`],
    ['a line that goes on', 'q = "select * \\\n from «app.»users"'],
    ['a raw string', String.raw`q = r"select '\n' from «app.»users"`],
    ['bytes', `cur.execute(b"select * from «app.»users")`],
    ['asyncpg', `rows = await conn.fetch("select * from «app.»users where a = any($1::int[])", ids)`],
    ['SQLAlchemy', `conn.execute(text("select * from «app.»users where id = :id and d = :d::date"))`],
    ['format', `q = "select * from «app.»users where id in ({})".format(", ".join(ids))`],
    ['a per cent sign', `q = "select * from «app.»users where a like 'x%%' and b = %d" % b`],
    ['rows of psycopg2', `execute_values(cur, "insert into «app.»users (a) values %s returning id", rows)`],
    [
      'a string in a hole',
      `q = f"select {'id' if 'users' else g('select 1 from «app.»users')} from «app.»orders"`,
      ['name-only'],
    ],
    [
      'a key, a docstring, a comment',
      `def f(d):\n  """Delete from users"""\n  return d["users"], {"users": 1} # from users`,
    ],
    ['a log line and an error', `log.info("Delete from users")\nraise ValueError("select id from users")`],
    ['a route', `@app.get("/users/{id}")\ndef f(): pass`],
    ['__tablename__', `class A(Base):\n  __tablename__ = "users"`, ['table-argument']],
    ['a foreign key of an ORM', `c = Column(ForeignKey("users.id"))`, ['table-argument']],
    ['copy_from', `cur.copy_from(f, "users")`, ['table-argument']],
    [
      'a composed identifier',
      `q = sql.SQL("select * from {}").format(sql.Identifier("users"))`,
      ['dynamic-relation', 'table-argument'],
    ],
    [
      'a table in a constant',
      `TABLE = "users"\nq = f"select * from {TABLE}"`,
      ['table-argument', 'dynamic-relation'],
    ],
    ['the name with its schema', `x = "public.users"`, ['table-argument']],
    ['the name alone', `x = "users"`, ['name-only']],
  ])
})

describe('TypeScript', () => {
  rows('.ts', [
    ['a template', "await db.query<User>(`select * from «app.»users where id = ${id} and x = '${y}'`)"],
    ['a tag', 'await sql`select * from «app.»users where id = ${id}`'],
    ['a tag with a type', 'await prisma.$queryRaw<User[]>`select * from «app.»users`'],
    [
      'quotes in quotes',
      String.raw`client.query({ text: "insert into «app.»\"users\" (a) values ($1)", values: [1] })`,
    ],
    ['joined strings', `const q = "select * from «app.»users " + (x ? "where a = 1" : "") + " order by id"`],
    ['escapes', String.raw`const q = 'select \'\u{e9}\u00e9\' from\n«app.»users'`],
    [
      'a relation put in',
      'sql`select * from ${sql(t)} join ‹public›«app».users u on true`',
      ['dynamic-relation'],
    ],
    ['a schema put in', 'const q = `select * from ${schema}.users`', ['dynamic-relation']],
    ['a name joined', 'const q = `select * from users${suffix}`', ['dynamic-relation']],
    ['another name', 'const q = `select * from users_${year}`', ['dynamic-relation']],
    ['knex', `knex('«app.»users').where('users.id', 1)`],
    ['an entity', `@Entity({ name: "users" }) class U {}`, ['orm-mapping']],
    ['an error and a route', `throw new Error("Update users set nothing")\nfetch('/users')`],
  ])
  test('TSX and JavaScript', async () => {
    await rewriter.check(
      '.tsx',
      'const a = <p title="users">{db.query(`select 1 from «app.»users`)} from users</p>',
      ['name-only'],
    )
    await rewriter.check('.mjs', "pool.query('select 1 from «app.»users')")
  })
})

describe('Java', () => {
  rows('.java', [
    [
      'a text block',
      'class A { String s = """\n   select *\n   from «app.»users\n   where a = :id\n   """; }',
    ],
    [
      'a concatenation',
      `class A { void f() { st.executeQuery("select * from «app.»users where a = " + id + " and b = ?"); } }`,
    ],
    [
      'format',
      `class A { Object o = em.createNativeQuery(String.format("select * from «app.»users where x = %s", z)); }`,
    ],
    [
      'a native query',
      `class A { @Query(value = "select * from «app.»users", nativeQuery = true) void f() {} }`,
    ],
    [
      'JPQL',
      `class A { @Query("select u from users u") void f() { em.createQuery("select u from users u"); } }`,
      ['jpql', 'jpql'],
    ],
    ['an entity', `@Entity @Table(name = "users") class A {}`, ['orm-mapping']],
    ['an error', `class A { void f() { throw new IllegalStateException("select from users"); } }`],
  ])
})

describe('Kotlin', () => {
  rows('.kt', [
    ['$name and ${…}', 'val q = "select * from «app.»users where id = $id and x = \'${a.b}\'"'],
    ['a multi-line string', 'val q = """\n  select * from «app.»users where a = $id\n""".trimIndent()'],
    ['a relation put in', 'val q = "select * from $table join «app.»users on true"', ['dynamic-relation']],
    ['a call', 'fun f() { jdbc.query("select * from «app.»users where id = ?", 1) }'],
  ])
})

describe('Go', () => {
  rows('.go', [
    [
      'a raw string',
      'package a\nfunc f() { db.QueryRow(ctx, `select * from «app.»users where id = $1`, 1) }',
    ],
    ['named arguments', 'package a\nvar q = "select * from «app.»users where id = @id and x = \'a@b\'"'],
    [
      'Sprintf',
      'package a\nvar q = fmt.Sprintf("select * from %s join «app.»users on a = %d", t, 1)',
      ['dynamic-relation'],
    ],
    [
      'a quoted identifier',
      'package a\nvar q = "select * from " + pq.QuoteIdentifier("users")',
      ['dynamic-relation', 'table-argument'],
    ],
    ['GORM', 'package a\nfunc (User) TableName() string { return "users" }', ['table-argument']],
    ['a log line', 'package a\nfunc f() { log.Printf("Delete from users") }'],
  ])
})

describe('Ruby', () => {
  rows('.rb', [
    ['a here-document', 'User.find_by_sql(<<~SQL, x)\n  select #{z}\n  from «app.»users\nSQL\n'],
    ['interpolation', `conn.exec "select * from «app.»users where a = '#{b}'"`],
    ['strings side by side', `q = "select * " \\\n  "from «app.»users"`],
    ['single quotes', String.raw`q = 'select \'a\' from «app.»users where b = 1'`],
    ['a percent string', 'q = %q(select id from «app.»users where b = 1)'],
    [
      'ActiveRecord',
      'class A < B\n  self.table_name = "users"\n  has_many :users\nend',
      ['table-argument', 'name-only'],
    ],
    ['Sequel', 'DB[:users]', ['table-argument']],
    ['puts', `puts 'Delete from users'`],
  ])
})

describe('PHP', () => {
  rows('.php', [
    ['a here-document', '<?php $h = <<<SQL\n select * from «app.»users where id = {$y} and a = $b\nSQL;\n'],
    ['a now-document', "<?php $h = <<<'SQL'\n select * from «app.»users where id = 1\nSQL;\n"],
    ['variables', '<?php $db->query("select * from «app.»users where id = $id and x = {$a->b}");'],
    [
      'single quotes',
      String.raw`<?php DB::select('select * from «app.»users where x = \'a\' and id = ?', [1]);`,
    ],
    ['joined strings', `<?php $q = 'select * from «app.»users' . ' where a = ' . $b;`],
    [
      'a relation put in',
      '<?php pg_query($c, "delete from " . $t . " using «app.»users");',
      ['dynamic-relation'],
    ],
    ['Eloquent', `<?php class A { protected $table = 'users'; }`, ['table-argument']],
  ])
})

test('what a driver is given is surest, SQL elsewhere less, a piece without a verb least', async () => {
  const text = `cur.execute("delete from users")\nq = "select * from users where a = 1"\nj = " join users u on true"\nlabel = "Delete from users"\n`
  const all = await rewriter.rewrite('.py', text, 'low')
  expect(confidencesOf(all.findings)).toEqual(['high', 'medium', 'low', 'low'])
  expect(all.text.match(/app\.users/g)).toHaveLength(4)
  expect((await rewriter.rewrite('.py', text)).text.match(/app\.users/g)).toHaveLength(2)
  expect((await rewriter.rewrite('.py', text, 'high')).text.match(/app\.users/g)).toHaveLength(1)
})
