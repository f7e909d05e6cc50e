import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { kindOf, knownEndings } from '../../../src/hosts/kinds.ts'
import { findFiles } from '../../../src/sources/find.ts'
import { leftByContent } from '../../../src/sources/left-by-content.ts'
import { leftByPath } from '../../../src/sources/left-by-path.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pg-relocate-find-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const nothing = { include: [], exclude: [], foreign: [], own: [] }

async function tree(name: string, files: readonly string[]): Promise<string> {
  const root = join(folder, name)
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), 'x')
  }
  return root
}

async function found(
  root: string,
  more: Partial<Record<keyof typeof nothing, readonly string[]>> = {},
): Promise<{ files: string[]; left: Record<string, string> }> {
  const wanted = {
    ...nothing,
    ...more,
    isKnown: (file: string) => kindOf(file) !== undefined,
    endings: knownEndings,
  }
  const { files, left } = await findFiles([root], wanted)
  const names = left.map(({ file, reason }) => [
    relative(root, file) + (file.endsWith('/') ? '/' : ''),
    reason,
  ])
  return {
    files: files.map(({ file }) => relative(root, file)),
    left: Object.fromEntries(names.sort()) as Record<string, string>,
  }
}

function git(root: string, ...args: readonly string[]): void {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org']
  execFileSync('git', ['-C', root, ...who, ...args], { stdio: 'pipe' })
}

describe('what git tracks', () => {
  test('is read or told, whatever its folder is called', async () => {
    const root = await tree('tracked', [
      ...['a.ts', 'build/b.ts', 'target/c.sql', 'dist/d.py', 'out/e.go', 'coverage/f.rb', '.hidden/g.ts'],
      ...['vendor/h.go', 'a.min.js', 'README.md', 'db/migrate/20240101000000_x.rb', 'mysql/a.sql'],
      '.gitignore',
    ])
    await writeFile(join(root, '.gitignore'), 'ignored/\n')
    await symlink('a.ts', join(root, 'link.ts'))
    git(root, 'init', '--quiet')
    git(root, 'add', '--force', '.')
    git(root, 'commit', '--quiet', '--message', 'all')
    await tree('tracked', ['new.ts', 'build/made.ts', 'ignored/x.ts'])
    expect(await found(root)).toEqual({
      files: [
        ...['.hidden/g.ts', 'a.ts', 'build/b.ts', 'coverage/f.rb', 'dist/d.py', 'new.ts', 'out/e.go'],
        'target/c.sql',
      ],
      left: {
        '.gitignore': 'ending',
        'README.md': 'ending',
        'a.min.js': 'vendored',
        'build/made.ts': 'built',
        'db/migrate/20240101000000_x.rb': 'migration',
        'link.ts': 'link',
        'mysql/a.sql': 'dialect',
        'vendor/h.go': 'vendored',
      },
    })
  })

  test('a submodule is told', async () => {
    const inner = await tree('inner', ['a.sql'])
    const root = await tree('outer', ['b.sql'])
    for (const each of [inner, root]) {
      git(each, 'init', '--quiet')
      git(each, 'add', '.')
      git(each, 'commit', '--quiet', '--message', 'all')
    }
    git(root, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'lib')
    expect(await found(root)).toEqual({
      files: ['b.sql'],
      left: { '.gitmodules': 'ending', lib: 'submodule' },
    })
  })
})

test('without git folders of others and of what was made are told as one', async () => {
  const root = await tree('plain', ['a.ts', 'node_modules/x/b.ts', 'build/c.ts', '.cache/d.ts', 'bin/e.py'])
  expect(await found(root)).toEqual({
    files: ['a.ts', 'bin/e.py'],
    left: { '.cache/': 'hidden', 'build/': 'built', 'node_modules/': 'vendored' },
  })
})

test('globs of the plan read more, less, and say whose SQL it is', async () => {
  const root = await tree('globs', [
    'a.sql',
    'mysql/b.sql',
    'vendor/c.sql',
    'old/d.sql',
    'migrations/1_e.sql',
    'x/f.sql',
  ])
  const within = (glob: string): string => `${relative('.', root)}/${glob}`
  const { files, left } = await found(root, {
    include: [within('vendor/**'), '1_e.sql'],
    exclude: [within('old/')],
    own: [within('mysql/**')],
    foreign: [within('x/**')],
  })
  expect(files).toEqual(['a.sql', 'migrations/1_e.sql', 'mysql/b.sql', 'vendor/c.sql'])
  expect(left).toEqual({ 'old/d.sql': 'excluded', 'x/f.sql': 'dialect' })
})

test('a folder of migrations is one also when it was named itself', async () => {
  await tree('named', ['db/migrate/20240101000000_x.rb'])
  expect((await found(join(folder, 'named/db/migrate'))).left).toEqual({
    '20240101000000_x.rb': 'migration',
  })
})

test.each([
  ['migration', 'V1__init.sql V2.1__a.sql U2__a.sql src/main/resources/db/migration/V20240101__x.java'],
  [
    'migration',
    'db/migrate/20240101000000_x.rb app/migrations/0001_initial.py prisma/migrations/20240101_x/migration.sql',
  ],
  [
    'migration',
    'migrations/20240101_x.up.sql migrations/00001_x.sql database/migrations/2024_01_01_000000_x.php',
  ],
  [
    'migration',
    'priv/repo/migrations/20240101_x.exs Migrations/20240101_X.cs migrations/Version20240101000000.php',
  ],
  [
    'migration',
    'migrations/2024-01-01-000000_x/up.sql drizzle/0000_x.sql supabase/migrations/20240101_x.sql',
  ],
  [
    'dialect',
    'sql/mysql/a.sql schema.sqlite.sql schema-mssql.sql MySqlStore.java SQLiteDialect.py cassandra/a.cql.sql',
  ],
  ['vendored', 'vendor/a.go node_modules/a.js third_party/a.py lib/site-packages/a.py jquery.min.js'],
  [undefined, 'R__views.sql sql/001_init.sql migrations/README.sql db/schema.rb mysql-to-postgres/a.sql'],
  [undefined, 'src/versions.ts src/target/a.rs pg/sqlite_fdw.sql archive/a.sql oracles.py'],
])('%s by path: %s', (reason, paths) => {
  for (const path of paths.split(' ')) expect([path, leftByPath(path, true)]).toEqual([path, reason])
})

test.each([
  ['migration', '-- +goose Up\ncreate table users ();'],
  ['migration', '-- migrate:up\ncreate table users ();'],
  ['migration', '--liquibase formatted sql\n'],
  ['migration', '-- Deploy app:users to pg\n'],
  ['migration', `revision = 'a'\ndown_revision = 'b'\n`],
  ['migration', 'class Migration(migrations.Migration):\n'],
  ['migration', 'class A < ActiveRecord::Migration[7.0]\n'],
  ['migration', 'return new class extends Migration\n{'],
  ['dialect', 'import sqlite3\nc.execute("select * from users")'],
  ['dialect', `const mysql = require('mysql2/promise')\n`],
  ['dialect', 'package a\nimport (\n\t"database/sql"\n\t_ "github.com/go-sql-driver/mysql"\n)\n'],
  ['dialect', 'use rusqlite::Connection;\n'],
  ['dialect', 'import com.datastax.oss.driver.api.core.CqlSession;\n'],
  [undefined, 'import sqlite3\nimport psycopg2\n'],
  [undefined, '# we left sqlite3 behind\nimport psycopg\n'],
  [undefined, '-- migrate:ignore old\nselect 1;'],
])('%s by content: %s', (reason, text) => {
  expect(leftByContent(text, false)).toBe(reason)
})
