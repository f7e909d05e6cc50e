import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import type { PlanSketch } from '../support/plan.ts'
import { Desk } from './desk.ts'
import { expectRefusal, hasJournal, watch } from './refusal.ts'

const runner = 'cli_runner'
const execute = ['execute', '--phase', '1', '--yes']
const sketch: PlanSketch = { services: { accounts: ['users'] }, defaults: { backup: 'each-phase' } }

let desk: Desk

beforeAll(async () => {
  desk = await Desk.open()
  await sharedCluster().sql('postgres', `create role ${runner} login; create role cli_owner`)
})

afterAll(async () => {
  await desk[Symbol.asyncDispose]()
  await sharedCluster().sql('postgres', `drop role ${runner}; drop role cli_owner`)
})

/** A database in which the runner has every right it needs, but for what `statements` take away. */
async function prepared(statements: string): Promise<FreshDatabase & { readonly runnerUrl: string }> {
  const database = await freshDatabase('cli_rights')
  await sql(
    database.url,
    `create table public.users (id serial primary key, email text);
     insert into public.users (email) values ('one@example.org');
     alter table public.users owner to ${runner};
     grant create on database ${database.name} to ${runner};
     grant create, usage on schema public to ${runner};
     ${statements.replaceAll('DATABASE', database.name)}`,
  )
  const url = new URL(database.url)
  url.username = runner
  return { ...database, runnerUrl: url.href }
}

const lacks: readonly [name: string, statements: string, message: RegExp, next: RegExp][] = [
  [
    'is not of the role that owns the table',
    'alter table public.users owner to cli_owner',
    /^rights on public\.users: it belongs to cli_owner, of which cli_runner is not a member$/,
    /^grant cli_owner to cli_runner$/m,
  ],
  [
    'may not create schemas in the database',
    `revoke create on database DATABASE from ${runner}`,
    /^rights on cli_rights_\w+: cli_runner may not create schemas in it$/,
    /^grant create on database cli_rights_\w+ to cli_runner$/m,
  ],
  [
    'may not create in the source schema',
    `revoke create on schema public from ${runner}; revoke create on schema public from public`,
    /^rights on public: cli_runner may not create in it, which putting views under the old names needs$/,
    /^grant create on schema public to cli_runner$/m,
  ],
  [
    'may not read the server’s identity',
    `revoke execute on function pg_control_system() from public`,
    /pg_control_system/,
    /^grant execute on function pg_control_system\(\) to cli_runner$/m,
  ],
]

describe('a runner that lacks a right', () => {
  test.each(lacks)('%s', async (_name, statements, message, next) => {
    await using database = await prepared(statements)
    await desk.sketch('shop.yaml', database.runnerUrl, sketch)
    await expectRefusal(
      desk,
      execute,
      { code: 'privilege-missing', exit: 4, message, next },
      { watched: await watch(database.url) },
    )
    expect(await hasJournal(database.url)).toBe(false)
  })

  test('is told everything that is missing at once, also by plan', async () => {
    await using database = await prepared(
      `alter table public.users owner to cli_owner; revoke create on database DATABASE from ${runner}`,
    )
    await desk.sketch('shop.yaml', database.runnerUrl, sketch)
    const watched = await watch(database.url)
    await expectRefusal(
      desk,
      execute,
      {
        code: 'privilege-missing',
        exit: 4,
        message: /^2 findings speak against phase 1 "expand"$/,
        detail: /belongs to cli_owner[^]*may not create schemas/,
        next: /grant cli_owner[^]*grant create on database/,
      },
      { watched },
    )
    const { code, stdout } = await desk.run(['plan'])
    expect(code).toBe(4)
    expect(stdout).toMatch(/refused phase 1 {2}rights on public\.users: it belongs to cli_owner/)
    expect(stdout).toMatch(/grant cli_owner to cli_runner/)
  })

  test('may not enter the database at all', async () => {
    await using database = await prepared('revoke connect on database DATABASE from public')
    await desk.sketch('shop.yaml', database.runnerUrl, sketch)
    await expectRefusal(
      desk,
      execute,
      { code: 'connection-failed', exit: 9, message: /permission denied|does not let this role in/ },
      { watched: await watch(database.url) },
    )
  })

  test('may not create in a target schema that is there already', async () => {
    await using database = await prepared('create schema accounts')
    await desk.sketch('shop.yaml', database.runnerUrl, {
      ...sketch,
      allow: [{ rule: 'target-schema-exists', on: 'accounts', because: 'it was made for this' }],
    })
    await expectRefusal(
      desk,
      execute,
      {
        code: 'privilege-missing',
        exit: 4,
        message: /^rights on accounts: cli_runner may not create in it, and it exists already$/,
        next: /grant create on schema accounts to cli_runner/,
      },
      { watched: await watch(database.url) },
    )
  })
})

test('a runner that is no superuser and has those rights does everything, and back', async () => {
  await using database = await prepared('')
  await desk.sketch('shop.yaml', database.runnerUrl, sketch)
  const before = await dumpAll(database.url)
  const done = await desk.run(['execute', '--to', '2', '--yes'])
  expect([done.code, done.stdout]).toEqual([0, expect.stringMatching(/phase 2 "switch accounts": done in/)])
  expect(await rowsOf(database.url, 'select email from accounts.users')).toHaveLength(1)
  expect((await desk.backups()).filter((file) => file.endsWith('manifest.json'))).not.toEqual([])
  expect((await desk.run(['verify'])).code).toBe(0)
  expect((await desk.run(['rollback', '--to', '0', '--yes'])).code).toBe(0)
  expect(await dumpAll(database.url)).toBe(before)
  expect((await desk.run(['uninstall', '--confirm', 'shop'])).code).toBe(0)
  expect(await hasJournal(database.url)).toBe(false)
})
