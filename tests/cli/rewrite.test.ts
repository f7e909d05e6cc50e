import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { dump } from '../support/dump.ts'
import { sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { Desk } from './desk.ts'

let database: FreshDatabase
let desk: Desk

beforeAll(async () => {
  database = await sampleDatabase('cli_rewrite')
  desk = await Desk.open()
  await desk.sketch('shop.yaml', database.url, samplePlan)
  await desk.write('nowhere.yaml', JSON.stringify({ ...offline, services: { accounts: service(['users']) } }))
})

beforeEach(async () => {
  await rm(join(desk.dir, 'src'), { recursive: true, force: true })
  await rm(join(desk.dir, '.git'), { recursive: true, force: true })
})

afterAll(async () => {
  await desk[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const offline = { version: 1, name: 'nowhere', databases: { db: { url: 'postgres://127.0.0.1:1/x' } } }
const withPlan = ['--plan', 'plans/shop.yaml']
const withoutDatabase = ['--plan', 'plans/nowhere.yaml', '--offline']

function service(tables: readonly string[]): object {
  return { from: 'db.public', to: 'db', tables }
}

async function put(name: string, content: string | Buffer): Promise<void> {
  const file = join(desk.dir, 'src', name)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
}

async function read(name: string): Promise<string> {
  return readFile(join(desk.dir, 'src', name), 'utf8')
}

function git(...args: readonly string[]): string {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org']
  return execFileSync('git', ['-C', desk.dir, ...who, ...args], { encoding: 'utf8', stdio: 'pipe' })
}

interface Result {
  readonly ok: boolean
  readonly files: readonly {
    readonly file: string
    readonly isWritten: boolean
    readonly findings: readonly Record<string, unknown>[]
  }[]
  readonly prepared?: readonly Record<string, unknown>[]
}

const python = `cur.execute("select * from users u join public.orders o on o.user_id = u.id")\r\nq = "select nextval('users_id_seq')"\r\n`

describe('the names', () => {
  test('come from the catalogs: the diff is one that git applies, and nothing is changed', async () => {
    await put('a.py', python)
    await put('b.sql', '\uFEFFalter index orders_user rename to x;\nselect * from events_2024;\n')
    const { code, stdout } = await desk.run(['rewrite', 'src', ...withPlan])
    expect(code).toBe(0)
    expect(stdout).toContain(
      '+cur.execute("select * from accounts.users u join sales.orders o on o.user_id = u.id")',
    )
    expect(stdout).toContain('+\uFEFFalter index sales.orders_user')
    expect(stdout).toContain('5 names in 2 files to rewrite, 0 undecided')
    expect(await read('a.py')).toBe(python)
    await writeFile(join(desk.dir, 'a.patch'), stdout)
    git('init', '--quiet')
    git('apply', 'a.patch')
    expect(await read('a.py')).toContain(`nextval('accounts.users_id_seq')"\r\n`)
    expect(await read('b.sql')).toMatch(
      /^\uFEFFalter index sales\.orders_user .*\nselect \* from sales\.events_2024;\n$/,
    )
  })

  test('come from a mapping document, and one that is ambiguous is refused', async () => {
    await put('a.py', python)
    const name = (target: string): object => ({
      class: 'relation',
      schema: 'public',
      name: 'users',
      target,
      service: target,
      of: 'users',
      state: 'new',
    })
    const services = Object.fromEntries(
      ['elsewhere', 'one', 'two'].map((schema) => [
        schema,
        { schema, database: 'shop', searchPath: [schema, 'public'] },
      ]),
    )
    const mapping = (...names: object[]): string =>
      JSON.stringify({ format: 1, plan: 'shop', hash: 'abc', epoch: 1, services, names })
    await writeFile(join(desk.dir, 'one.json'), mapping(name('elsewhere')))
    expect((await desk.run(['rewrite', 'src', '--mapping', 'one.json'])).stdout).toContain(
      'from elsewhere.users u join public.orders',
    )
    await writeFile(join(desk.dir, 'two.json'), mapping(name('one'), name('two')))
    const two = await desk.failure(['rewrite', 'src', '--mapping', 'two.json', '--write'])
    expect([two.code, two.error.code]).toEqual([3, 'mapping-invalid'])
    expect(await read('a.py')).toBe(python)
    await writeFile(join(desk.dir, 'none.json'), '{"format": 2}')
    expect((await desk.failure(['rewrite', 'src', '--mapping', 'none.json'])).error.code).toBe(
      'mapping-invalid',
    )
  })

  test('without a database come from the plan, when it is told to guess', async () => {
    await put('a.py', python)
    const failure = await desk.failure(['rewrite', 'src', '--plan', 'plans/nowhere.yaml'])
    expect([failure.code, failure.error.next.join()]).toEqual([9, expect.stringContaining('--offline')])
    const { code, stdout, stderr } = await desk.run(['rewrite', 'src', ...withoutDatabase])
    expect([code, stderr]).toEqual([0, expect.stringContaining('guessed')])
    expect(stdout).toContain(`nextval('accounts.users_id_seq')`)
    await desk.write('globs.yaml', JSON.stringify({ ...offline, services: { accounts: service(['us*']) } }))
    const globs = await desk.failure(['rewrite', 'src', '--plan', 'plans/globs.yaml', '--offline'])
    expect([globs.code, globs.error.detail]).toEqual([3, ['accounts: us*']])
  })
})

describe('--write', () => {
  test('changes files in place: line ends, mode and links stay; a second time there is nothing to do', async () => {
    await put('a.py', python)
    await put('tool.rb', '#!/usr/bin/ruby\nconn.exec "select * from users"\n')
    await chmod(join(desk.dir, 'src/tool.rb'), 0o750)
    await put('untouched.py', 'print("hello")\n')
    await symlink('a.py', join(desk.dir, 'src/link.py'))
    const before = await stat(join(desk.dir, 'src/untouched.py'))
    const { code, stdout } = await desk.run(['rewrite', 'src', '--write', ...withoutDatabase])
    expect([code, stdout]).toEqual([0, expect.stringContaining('3 names in 2 files rewritten')])
    expect(await read('a.py')).toBe(
      python.replace('from users', 'from accounts.users').replace(`'users_`, `'accounts.users_`),
    )
    expect((await stat(join(desk.dir, 'src/tool.rb'))).mode & 0o777).toBe(0o750)
    expect((await stat(join(desk.dir, 'src/untouched.py'))).mtimeMs).toBe(before.mtimeMs)
    expect((await readdir(join(desk.dir, 'src'))).sort()).toEqual([
      'a.py',
      'link.py',
      'tool.rb',
      'untouched.py',
    ])
    const again = await desk.json<Result>(['rewrite', 'src', '--write', ...withoutDatabase])
    expect([again.code, again.result.ok, again.result.files.filter(({ isWritten }) => isWritten)]).toEqual([
      0,
      true,
      [],
    ])
  })

  test('does not write over what git has no copy of, unless it is told to', async () => {
    git('init', '--quiet')
    await put('kept.py', python)
    await put('changed.py', python)
    await put('.gitignore', 'ignored/\n')
    await put('ignored/a.py', python)
    git('add', '.')
    git('commit', '--quiet', '--message', 'all')
    await put('changed.py', `${python}# more\r\n`)
    await put('new.py', python)
    const refused = await desk.failure(['rewrite', 'src', '--write', ...withoutDatabase])
    expect([refused.code, refused.error.code, refused.error.detail]).toEqual([
      4,
      'files-uncommitted',
      ['src/changed.py', 'src/new.py'],
    ])
    expect(await read('kept.py')).toBe(python)
    expect((await desk.run(['rewrite', 'src/kept.py', '--write', ...withoutDatabase])).code).toBe(0)
    expect((await desk.run(['rewrite', 'src', '--write', '--force', ...withoutDatabase])).code).toBe(0)
    for (const file of ['kept.py', 'changed.py', 'new.py'])
      expect(await read(file)).toContain('accounts.users u')
    expect(await read('ignored/a.py')).toBe(python)
  })
})

describe('--check', () => {
  test('is exit 5 while an old name is used or may be, with file, line and reason', async () => {
    await put('a.py', `a = 1\ncur.execute("select * from users")\ncur.copy_from(f, "users")\n`)
    const { code, stdout } = await desk.run(['rewrite', 'src', '--check', ...withoutDatabase])
    expect(code).toBe(5)
    expect(stdout).toContain('src/a.py:2:28: old name users (high confidence)\n')
    expect(stdout).toContain(
      'src/a.py:3:18: undecided [table-argument] users: copy_from takes a name, and no SQL\n',
    )
    expect(stdout).not.toContain('@@')
    await put(
      'a.py',
      `cur.execute("select * from accounts.users")\ncur.copy_from(f, "users") # migrate: reviewed\nx = "users"\n`,
    )
    const after = await desk.json<Result>(['rewrite', 'src', '--check', ...withoutDatabase])
    expect([after.code, after.result.ok]).toEqual([0, true])
    expect(after.result.files[0]?.findings).toContainEqual({
      kind: 'undecided',
      code: 'name-only',
      name: 'users',
      line: 3,
      column: 5,
      reason: expect.any(String),
    })
  })

  test('tells files that are no text, and skips those of others', async () => {
    await put('latin1.py', Buffer.from('cur.execute("select \xe9 from users")\n', 'latin1'))
    await put('utf16.sql', Buffer.from('\uFEFFselect * from users;', 'utf16le'))
    await put('video.ts', Buffer.from([0x47, 0, 0xff]))
    await put('node_modules/a.js', 'db.query("select * from users")')
    await put('broken.py', `def f(:\n  cur.execute("select * from users where a = 1")\n`)
    await put('notes.txt', 'users')
    const { code, result } = await desk.json<Result>(['rewrite', 'src', '--check', ...withoutDatabase])
    expect(code).toBe(5)
    expect(
      result.files.map(({ file, findings }) => [file, findings[0]?.['code'] ?? findings[0]?.['kind']]),
    ).toEqual([
      ['src/broken.py', 'rewritten'],
      ['src/latin1.py', 'unreadable'],
      ['src/utf16.sql', 'unreadable'],
    ])
  })
})

test('what the plan says of the sources, a baseline and the forms of the result', async () => {
  await put('a.py', 'copy_from(f, "users")\nrun("from users")\n')
  await put('legacy/b.py', 'cur.execute("select * from users")\n')
  await put('migrations/0001_c.sql', 'create table users ();\n')
  await put('d.md', 'users\n')
  await desk.write(
    'sources.yaml',
    JSON.stringify({
      ...{ ...offline, services: { accounts: service(['users']) } },
      rewrite: { dialects: { mysql: ['src/legacy/**'] }, calls: { sql: ['run'] }, baseline: 'known.json' },
    }),
  )
  const args = ['rewrite', 'src', '--plan', 'plans/sources.yaml', '--offline']
  const missing = await desk.failure([...args, '--check'])
  expect([missing.code, missing.error.next.join()]).toEqual([2, expect.stringContaining('--write-baseline')])
  expect((await desk.run([...args, '--check', '--write-baseline'])).code).toBe(0)
  const { code, stdout } = await desk.run([...args, '--check', '--format', 'summary'])
  expect([code, stdout.split('\n')]).toEqual([
    0,
    [
      '0 names in 0 files to rewrite, 0 undecided, 0 perhaps, 0 right as they are, 2 known; 1 file read',
      expect.stringMatching(/^ {2}not read: 1 file applied migrations.* names something that moves$/),
      expect.stringMatching(/^ {2}not read: 1 file SQL of other databases.* names something that moves$/),
      '  not read: 1 file of other endings (1 .md)',
      '',
    ],
  ])
  await put('a.py', 'copy_from(f, "users")\n')
  const sarif = await desk.run([...args, '--check', '--format', 'sarif', '--include', '0001_c.sql'])
  expect(sarif.code).toBe(5)
  expect(JSON.parse(sarif.stdout)).toMatchObject({ version: '2.1.0' })
  expect((await desk.run([...args, '--format', 'github'])).stdout).toContain('is stale')
})

describe('--verify', () => {
  test('has a database prepare every statement as it will be, and changes nothing there', async () => {
    await using shadow = await freshDatabase('cli_shadow', database.name)
    await sql(shadow.url, 'create schema accounts; alter table public.users set schema accounts')
    await put('a.py', `cur.execute("insert into users (email) values (%s) returning id", (x,))\n`)
    const before = await dump(shadow.url, { rows: true })
    await put('b.sql', 'delete from users; select * from users where no_such_column; drop table users;')
    const refused = await desk.json<Result>(
      ['rewrite', 'src', '--verify', 'SHADOW', '--write', ...withoutDatabase],
      { SHADOW: shadow.url },
    )
    expect(refused.code).toBe(5)
    expect(refused.result.prepared).toEqual([
      { file: 'src/a.py', line: 1, outcome: 'ok', sqlstate: null, message: '' },
      { file: 'src/b.sql', line: 1, outcome: 'ok', sqlstate: null, message: '' },
      expect.objectContaining({ file: 'src/b.sql', outcome: 'missing', sqlstate: '42703' }),
      expect.objectContaining({ file: 'src/b.sql', outcome: 'unclear', sqlstate: null }),
    ])
    expect(await read('b.sql')).not.toContain('accounts')
    expect(await dump(shadow.url, { rows: true })).toBe(before)
  })

  test('takes no password on the command line, and no database that is not there', async () => {
    await put('a.py', python)
    for (const [name, code] of [
      ['postgres://a:secret@h/d', 'usage-invalid'],
      ['NOTHING', 'usage-invalid'],
      ['postgres://127.0.0.1:1/x', 'connection-failed'],
    ] as const) {
      const failure = await desk.failure(['rewrite', 'src', '--verify', name, ...withoutDatabase])
      expect([failure.error.code, JSON.stringify(failure).includes('secret')]).toEqual([code, false])
    }
  })
})

test.each([
  ['a path that is not there', ['nowhere'], 'does not exist'],
  ['a file of no known language', ['plans/shop.yaml'], 'no language'],
  ['--write with --check', ['src', '--write', '--check'], 'exclude each other'],
  ['--force alone', ['src', '--force'], 'does nothing'],
])('%s is refused', async (_name, args, message) => {
  await put('a.py', python)
  const { code, error } = await desk.failure(['rewrite', ...args, ...withoutDatabase])
  expect([code, error.code, error.message]).toEqual([2, 'usage-invalid', expect.stringContaining(message)])
})
