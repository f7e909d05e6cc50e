import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, Rewriter } from './rewriter.ts'

let rewriter: Rewriter

beforeAll(async () => {
  rewriter = await Rewriter.open()
})

afterAll(() => rewriter.close())

type Row = readonly [extension: string, marked: string, undecided?: readonly string[]]

async function check([extension, marked, undecided = []]: Row): Promise<void> {
  await rewriter.check(extension, marked, undecided)
}

function go(code: string): string {
  return `package a\nimport sq "github.com/Masterminds/squirrel"\nfunc x() { ${code} }`
}

describe('builders that take a name with its schema have it written', () => {
  test.each<Row>([
    ['.go', go('sq.Select("*").From("«app.»users")')],
    ['.go', go('sq.Select("*").From("‹public›«app».users u").Join("«app.»orders ON orders.user_id = u.id")')],
    ['.go', go('q.LeftJoin("«app.»orders o ON o.user_id = u.id").InnerJoin("«app.»orders USING (id)")')],
    [
      '.go',
      'package a\nfunc x() { goqu.From("«app.»users"); db.Model(&P{}).Joins("left join «app.»orders on true") }',
    ],
    [
      '.go',
      'package a\nimport "gorm.io/gorm"\nfunc x(db *gorm.DB) { db.Table("«app.»users").Where("id = ?", 1) }',
    ],
    ['.js', `knex.select('*').from('«app.»users as u').leftJoin('«app.»orders as o', 'o.user_id', 'u.id')`],
    [
      '.js',
      `knex('«app.»users').join('«app.»orders', 'orders.user_id', '=', 'users.id').into('«app.»users')`,
    ],
    [
      '.php',
      `<?php use Illuminate\\Support\\Facades\\DB; DB::table('«app.»users')->leftJoin('«app.»orders', 'orders.user_id', '=', 'users.id');`,
    ],
    [
      '.rb',
      `User.joins("INNER JOIN «app.»orders ON orders.user_id = users.id").from("«app.»users u").where("EXISTS (SELECT 1 FROM «app.»orders)")`,
    ],
    [
      '.java',
      'import org.jooq.DSLContext; class A { Object f() { return ctx.select().from(table("«app.»users")); } }',
    ],
  ])('%s %s', async (...row) => check(row))
})

describe('elsewhere a table’s name fails --check', () => {
  test.each<Row>([
    [
      '.go',
      'package a\nfunc x() { q.From("users"); q.LeftJoin("orders") }',
      ['table-argument', 'table-argument'],
    ],
    [
      '.ts',
      `db.selectFrom('users').innerJoin('orders', 'orders.user_id', 'users.id')`,
      ['table-argument', 'table-argument'],
    ],
    ['.ts', `import Knex from 'knex'; await supabase.from('users').select('*')`, ['table-argument']],
    ['.ts', `db.insert('users', row)`, ['table-argument']],
    ['.ts', `const t = { tableName: 'users', timestamps: false }`, ['table-argument']],
    ['.py', 'db.simple_select_one(table="users", keyvalues={})', ['table-argument']],
    ['.py', 'InsertProcessor("users", data=d)', ['table-argument']],
    ['.py', 'QueryProcessor(tables=["users"], joins=["LEFT JOIN «app.»orders ON true"])', ['table-argument']],
    ['.py', 'relationship("Order", secondary="orders")', ['table-argument']],
    ['.py', 'class Meta:\n    db_table = "users"', ['table-argument']],
    ['.py', 'TABLES = ["users"]', ['table-argument']],
    ['.php', `<?php class A extends B { protected $table = 'users'; }`, ['table-argument']],
    ['.cs', 'class A { void F() { b.ToTable("users"); } }', ['table-argument']],
    [
      '.ex',
      'schema "users" do\nend\nfrom(u in "users", where: u.id == 1)',
      ['table-argument', 'table-argument'],
    ],
    ['.kt', 'object A : Table("users")', ['table-argument']],
    ['.php', `<?php Schema::create('users', function ($table) {});`, ['table-argument']],
    ['.go', 'package a\nfunc x() { q.TableExpr("users AS u") }', ['table-argument']],
    [
      '.rb',
      'class A < ApplicationRecord\n  self.table_name = :users\nend\nc.execute("DELETE FROM «app.»users")',
      ['unwritable'],
    ],
  ])('%s %s', async (...row) => check(row))
})

describe('the schema that stands beside a name is what is changed', () => {
  test.each<Row>([
    ['.py', 'Table("users", metadata, schema="‹public›«app»")'],
    ['.py', 'class A(Base):\n  __tablename__ = "users"\n  __table_args__ = {"schema": "‹public›«app»"}'],
    ['.java', '@Table(name = "users", schema = "‹public›«app»") class A {}'],
    ['.ts', `@Entity({ name: 'users', schema: '‹public›«app»' }) class A {}`],
    ['.ts', `const t = { tableName: 'users', schema: '‹public›«app»' }`],
    [
      '.cs',
      '[Table("users", Schema = "‹public›«app»")] class A { void F() { b.ToTable("users", "‹public›«app»"); } }',
    ],
    ['.php', `<?php #[ORM\\Table(name: 'users', schema: '‹public›«app»')] class A {}`],
    ['.rs', '#[sea_orm(schema_name = "‹public›«app»", table_name = "users")] struct A {}'],
    ['.py', 'Table("users", metadata, schema="other")'],
    ['.ts', `const t = pgSchema('‹public›«app»').table('users', {})`],
    ['.ex', 'defmodule U do\n  @schema_prefix "‹public›«app»"\n  schema "users" do\n  end\nend'],
    ['.rb', 'class A < ApplicationRecord\n  self.table_name = "«app.»users"\nend'],
  ])('%s %s', async (...row) => check(row))
})

describe('a class that an ORM keeps in a table by its name alone is told', () => {
  test.each<Row>([
    [
      '.rb',
      'class User < ApplicationRecord\nend\nclass Order < ActiveRecord::Base\nend',
      ['orm-model', 'orm-model'],
    ],
    ['.rb', 'class User < ApplicationRecord\n  self.table_name = "app.users"\nend'],
    ['.rb', 'class Thing < ApplicationRecord\nend'],
    ['.java', '@Entity\npublic class Users { @Id Long id; }', ['orm-model']],
    ['.java', '@Entity\n@Table(name = "users", schema = "app")\npublic class Users {}'],
    ['.java', '@Entity\n@Table(schema = "public")\npublic class Users {}', ['orm-model']],
    ['.java', '@Entity\n@Table(schema = "app")\npublic class Users {}'],
    ['.ts', '@Entity()\nexport class Users { id = 1 }', ['orm-model']],
    ['.php', `<?php use Illuminate\\Database\\Eloquent\\Model; class User extends Model {}`, ['orm-model']],
    ['.go', 'package a\ntype User struct {\n  gorm.Model\n  Name string\n}', ['orm-model']],
    [
      '.go',
      'package a\ntype User struct {\n  gorm.Model\n}\nfunc (User) TableName() string { return "app.users" }',
    ],
    ['.cs', 'class C : DbContext { public DbSet<User> Users { get; set; } }', ['orm-model']],
    ['.kt', 'object Users : IntIdTable() { }', ['orm-model']],
    ['.js', `sequelize.define('user', { name: STRING })`, ['orm-model']],
    ['.rs', 'diesel::table! { users (id) { id -> Int4, } }', ['orm-model']],
  ])('%s %s', async (...row) => check(row))
})

describe('what only looks like it is left alone', () => {
  test.each<Row>([
    [
      '.java',
      '@RestController @RequestMapping("users") class A { @GetMapping("/users") @Tag(name = "users") void f() {} }',
    ],
    [
      '.ts',
      `@Controller('users') class A { @Get('users') a() {} @Query('users') b: string; @ApiTags('users') c() {} }`,
    ],
    ['.cs', '[Route("users")] [ApiController] class A { [HttpGet("users")] void F() {} }'],
    ['.py', '@app.get("users")\ndef f(): pass\nos.path.join("users", x)\n", ".join("users")'],
    [
      '.go',
      'package a\nimport "gorm.io/gorm"\nfunc x() { path.Join("users", "a"); filepath.Join("users"); strings.Join(y, "users") }',
    ],
    ['.ts', `Array.from('users'); path.join('users', id); Buffer.from('orders')`],
  ])('%s %s', async (extension, text) => {
    const { text: after, findings } = await rewriter.rewrite(extension, text)
    expect([after, codesOf(findings)]).toEqual([text, []])
  })
})

test('functions of your own are named in the plan', async () => {
  const calls = { sql: ['run'], table: ['keep'], text: ['insertUsers'] }
  const text = `run("from users"); keep("users"); insertUsers("users")`
  const { findings } = await rewriter.rewrite('.ts', text, 'medium', undefined, calls)
  expect(codesOf(findings)).toEqual(['low-confidence', 'table-argument'])
})
