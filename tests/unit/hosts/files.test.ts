import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Rewriter } from './rewriter.ts'

let rewriter: Rewriter

beforeAll(async () => {
  rewriter = await Rewriter.open()
})

afterAll(() => rewriter.close())

describe('templates of SQL', () => {
  test.each([
    [
      '.sql.j2',
      'select {{ cols }} from «app.»users where {% if x %} a = 1 {% else %} b = 2 {% endif %};',
      [],
    ],
    [
      '.sql.j2',
      '{# users #}create table «app.»users (id int);\nselect * from {{ schema }}.users;',
      ['dynamic-name', 'dynamic-relation'],
    ],
    [
      '.sql',
      `select * from {{ ref('users') }} r join «app.»orders o on true;`,
      ['dynamic-relation', 'dynamic-name'],
    ],
    ['.sql', `select '{{1,2},{3,4}}'::int[] from «app.»users where a <% b;`, []],
    ['.sql', 'select * from ${schema}.t, «app.»users;', ['dynamic-relation']],
    ['.sql.erb', 'SELECT <%= cols %> FROM «app.»users <% if a %> WHERE a = 1 <% end %>;', []],
    ['.sql.tmpl', 'select * from «app.»users {{ if .X }} where a = {{ .A }} {{ end }};', []],
    [
      '.stg',
      'find(id) ::= <<\nselect * from «app.»users where id = <id> <if(x)>and a \\< 1<endif>\n>>\none() ::= "select 1 from «app.»users"',
      [],
    ],
    ['.pgsql', 'select * from «app.»users;', []],
    [
      '.psql',
      'insert into :s.users select * from «app.»orders;\nselect * from :t, «app.»users;',
      ['in-sql', 'in-sql'],
    ],
  ] as const)('%s %s', async (extension, marked, undecided) => {
    await rewriter.check(extension, marked, undecided)
  })
})

test('mappers of MyBatis', async () => {
  await rewriter.check(
    '.xml',
    `<?xml version="1.0"?><mapper namespace="a">
<!-- from users -->
<sql id="c">id, name from «app.»users</sql>
<select id="f" resultType="User">
  select <include refid="c"/> from «app.»users u
  <where><if test="a != null">and u.a = #{a}</if><if test="b">and u.b &lt; \${b}</if></where>
  order by <choose><when test="x">a</when><otherwise>b</otherwise></choose>
</select>
<update id="u">update «app.»users <set><if test="a">a = #{a},</if></set> where id = #{id}</update>
<select id="g">select * from \${table} where id in
  <foreach collection="ids" item="i" open="(" close=")" separator=",">#{i}</foreach></select>
<insert id="i"><selectKey keyProperty="id" order="BEFORE">select nextval('«app.»users_id_seq')</selectKey>
  insert into «app.»users (id) values (#{id})</insert>
<insert id="j">insert into «app.»orders <trim prefix="(" suffix=")" suffixOverrides=","><if test="a">a,</if></trim>
  values <foreach collection="all" item="o" separator=",">(#{o.a})</foreach></insert>
<delete id="d"><![CDATA[ delete from «app.»users where a < #{a} ]]></delete>
</mapper>`,
    ['dynamic-relation'],
  )
  expect((await rewriter.rewrite('.xml', '<mapper namespace="a"/>')).findings).toEqual([])
  await expect(rewriter.rewrite('.xml', '<beans><bean id="users"/></beans>')).resolves.toBeUndefined()
})

test('Perl, as far as patterns go', async () => {
  await rewriter.check(
    '.pl',
    String.raw`my $sth = $dbh->prepare("SELECT * FROM «app.»users WHERE id = ?"); # from users
$dbh->do(q{DELETE FROM «app.»users WHERE name = 'x'});
my $sql = <<"EOT" . $more;
SELECT $cols FROM «app.»users
 JOIN «app.»orders o ON o.uid = u.id
EOT
my $plain = <<~'END';
  select '$x' from «app.»users
  END
$dbh->do(qq{insert into «app.»users (a) values ($x)});
$x =~ s/'//g; $dbh->do('update «app.»users set a = 1');
$x =~ tr{'}{"}; $dbh->selectall_arrayref("select * from $table");
$q->add(select * from users);

=head1 FROM users

=cut
`,
    ['dynamic-relation', 'low-confidence'],
  )
})

test('Perl’s joined strings', async () => {
  await rewriter.check(
    '.pm',
    String.raw`my $a = 'INSERT INTO «app.»users (' . join(', ', map { $c{$_} } @a) . ') values (1)';
my $b = "select * from " . "«app.»users" . " where id = " . $id . " order by a";
my $c = $dbh->prepare('select * from «app.»users where a \? ' . "'b'");`,
  )
  await rewriter.check('.sql.checks.pl', '$dbh->do("select * from «app.»users");')
})

test('a schema of Prisma', async () => {
  await rewriter.check(
    '.prisma',
    `model User {\n  id Int @id\n  @@map("users")\n  @@schema("‹public›«app»")\n}
model Order {\n  id Int @id\n  @@map(name: "orders")\n}
model orders {\n  id Int @id\n  @@schema("other")\n}`,
    ['orm-model'],
  )
})

describe('Rust, C#, Elixir', () => {
  test.each([
    ['.rs', 'fn f() { sqlx::query_as!(User, "select * from «app.»users where id = $1", id); }', []],
    [
      '.rs',
      'fn f() { sqlx::query::<Postgres>("delete from «app.»users"); sqlx::query_scalar!(r#"select "a" from «app.»users"#); }',
      [],
    ],
    [
      '.rs',
      'fn f() { diesel::sql_query(r"select 1 from «app.»users"); let q = format!("select {} from «app.»users where {x}", "\\n"); }',
      [],
    ],
    ['.rs', 'const Q: &str = "select *\\\n   from «app.»users";', []],
    ['.cs', 'class A { void F() { c.Query<User>("select * from «app.»users where id = " + id); } }', []],
    ['.cs', 'class A { void F() { c.Execute(@"select ""a"" from «app.»users where a = @a"); } }', []],
    [
      '.cs',
      'class A { string q = $"select {x:N} from «app.»users"; string r = $@"select 1 from «app.»users where a = {a}"; }',
      [],
    ],
    [
      '.cs',
      'class A { string q = """\n  select * from «app.»users\n  """; string t = $"select * from {t}"; }',
      ['dynamic-relation'],
    ],
    ['.ex', 'Repo.query("select #{x} from «app.»users" <> " where a = 1", [1])', []],
    [
      '.ex',
      'SQL.query!(Repo, """\n select * from «app.»users\n """)\n~s(select 1 from «app.»users)\n~S"""\n select 1 from «app.»users\n"""',
      [],
    ],
  ] as const)('%s %s', async (extension, marked, undecided) => {
    await rewriter.check(extension, marked, undecided)
  })
})

describe('an ignore with a reason', () => {
  test.each([
    ['.go', 'package a\n// migrate:ignore it is a route\nconst a = "select * from users"'],
    ['.sql', 'select * from users; -- migrate:ignore not ours'],
    ['.sql', '-- migrate: ignore, not ours\nselect * from users;'],
    ['.py', 'x = "public.users"  # migrate:ignore a label'],
    ['.java', 'class A { /* migrate:ignore a label */ String a = "select * from users"; }'],
    ['.xml', '<mapper><select id="a">\n<!-- migrate:ignore old -->\nselect * from users</select></mapper>'],
    ['.sql.j2', '{# migrate:ignore old #}\nselect {{ a }} from users;'],
  ])('leaves the line as it is: %s %s', async (extension, text) => {
    await rewriter.check(extension, text)
  })

  test('and without one is a finding, and ignores nothing', async () => {
    await rewriter.check('.sql', 'select * from «app.»users; -- migrate:ignore', ['ignore-without-reason'])
    await rewriter.check('.java', 'class A { /* migrate:ignore */ int x; } // users', [
      'ignore-without-reason',
    ])
  })
})

test('what cannot be parsed is told with its place, and in no words of our own', async () => {
  for (const [extension, text] of [
    ['.py', 'q = "select * form users where a = 1"'],
    ['.py', 'q = f"select * form users where {a}"'],
    ['.sql', 'select * form users where;'],
    ['.sql.j2', 'select * form users where {{ a }};'],
  ] as const) {
    const { findings } = await rewriter.rewrite(extension, text)
    expect(findings).toMatchObject([{ code: 'parse', stopped: expect.any(Number) }])
    expect(text.slice(findings[0]!.stopped).length).toBeGreaterThan(0)
    expect(JSON.stringify(findings)).not.toMatch(/migrate_hole|qqqq/)
  }
})

test('names of a program’s templates', async () => {
  await rewriter.check(
    '.ts',
    'const q = `select * from «app.»users where id = {{id::uuid}} and b between {{a}} and {{ b }}`',
  )
})

test('a script of another database is left as it is, also where it looks like a template', async () => {
  await rewriter.check(
    '.sql',
    "/*!40000 ALTER TABLE `users` DISABLE KEYS */;\nINSERT INTO `users` VALUES (1, 'a ${b} c');\ninsert into `orders` values ('\\'');",
  )
})

describe('an UPDATE that goes on in what is put in', () => {
  test.each([
    'q = "UPDATE «app.»users" + BASE + " AND size = 1"',
    'q = "UPDATE «app.»users " + BASE + " AND size = 1"',
    'q = f"UPDATE «app.»users {base}"',
    'q = "INSERT INTO «app.»users " + BASE',
  ])('%s', async (marked) => {
    await rewriter.check('.py', marked)
  })
})
