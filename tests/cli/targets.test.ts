import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { dumpAll } from '../support/dump.ts'
import type { PlanSketch } from '../support/plan.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { Desk } from './desk.ts'
import { expectRefusal, hasJournal, watch } from './refusal.ts'

const execute = ['execute', '--to', '2', '--yes']
const waived: PlanSketch = {
  ...samplePlan,
  allow: [{ rule: 'target-schema-exists', on: 'accounts', because: 'it was made for this' }],
}

let desk: Desk
let template: FreshDatabase

beforeAll(async () => {
  desk = await Desk.open()
  template = await sampleDatabase('cli_targets')
})

afterAll(async () => {
  await desk[Symbol.asyncDispose]()
  await template[Symbol.asyncDispose]()
})

async function prepared(statements: string): Promise<FreshDatabase> {
  const database = await freshDatabase('cli_target', template.name)
  await sql(database.url, statements)
  return database
}

interface Planned {
  readonly findings: readonly {
    readonly rule: string
    readonly on: string
    readonly text: string
    readonly severity: string
    readonly phase: number
    readonly waived?: string
  }[]
}

describe('a target schema that exists and is not ours', () => {
  const existing = `create schema accounts authorization test_owner; comment on schema accounts is 'made by hand';
    create table accounts.notes (id serial primary key); grant usage on schema accounts to test_reader`

  test('is refused, even when it is empty', async () => {
    for (const statements of ['create schema accounts', existing]) {
      await using database = await prepared(statements)
      await desk.sketch('shop.yaml', database.url, samplePlan)
      await expectRefusal(
        desk,
        execute,
        {
          code: 'preflight-refused',
          exit: 4,
          message: /^target-schema-exists on accounts: schema accounts exists already, with \d relations?, /,
          next: /waive/,
        },
        { watched: await watch(database.url) },
      )
      expect(await hasJournal(database.url)).toBe(false)
    }
  })

  test('is used when the plan waives it, and is what it was after a rollback', async () => {
    await using database = await prepared(existing)
    await desk.sketch('shop.yaml', database.url, waived)
    const before = await dumpAll(database.url)
    const planned = await desk.json<Planned>(['plan'])
    expect(planned.code).toBe(0)
    expect(planned.result.findings).toContainEqual(
      expect.objectContaining({
        rule: 'target-schema-exists',
        on: 'accounts',
        waived: 'it was made for this',
      }),
    )
    expect((await desk.run(execute)).code).toBe(0)
    expect((await desk.run(['verify'])).code).toBe(0)
    expect((await desk.run(['rollback', '--to', '0', '--yes'])).code).toBe(0)
    expect(await dumpAll(database.url)).toBe(before)
    expect((await desk.run(['uninstall', '--confirm', 'shop'])).code).toBe(0)
    expect(await hasJournal(database.url)).toBe(false)
  })

  test('is told with its reason when it is used', async () => {
    await using database = await prepared(existing)
    await desk.sketch('shop.yaml', database.url, waived)
    const { code, stderr } = await desk.run(['execute', '--phase', '1', '--yes'])
    expect(code).toBe(0)
    expect(stderr).toMatch(/waived: target-schema-exists on accounts: .*\(it was made for this\)/)
  })

  test('is refused also when a run was begun but had not come to it', async () => {
    await using database = await prepared('')
    await using here = await Desk.open()
    await here.write('../taken', 'a file')
    const sketch = { ...samplePlan, defaults: { backup: 'each-phase', backupDir: 'taken' } }
    await here.sketch('shop.yaml', database.url, sketch)
    expect((await here.run(execute)).code).not.toBe(0)
    await sql(database.url, existing)
    const watched = await watch(database.url)
    await here.sketch('shop.yaml', database.url, samplePlan)
    await expectRefusal(
      here,
      execute,
      { code: 'preflight-refused', exit: 4, message: /^target-schema-exists on accounts/ },
      { watched },
    )
  })
})

test('objects of the same name in the target schema are refused, each by name, whatever is waived', async () => {
  await using database = await prepared(`
    create schema accounts;
    create table accounts.users (id integer);
    create table accounts.other (id integer constraint users_pkey primary key);
    create sequence accounts.users_id_seq;
    create schema sales;
    create type sales.orders as enum ('one');
    create domain sales._orders as integer;
    create view sales.events_2024 as select 1 as one`)
  await desk.sketch('shop.yaml', database.url, {
    ...waived,
    allow: ['accounts', 'sales'].flatMap((on) => [
      { rule: 'target-schema-exists', on, because: 'it was made for this' },
      { rule: 'name-collision', on: 'public.users', because: 'not a rule that can be waived' },
    ]),
  })
  const error = await expectRefusal(
    desk,
    execute,
    {
      code: 'preflight-refused',
      exit: 4,
      message: /^\d+ findings speak against phase 1 "expand"$/,
      next: /rename or drop the other object/,
    },
    { watched: await watch(database.url) },
  )
  const taken = (what: string, name: string, schema: string): string =>
    `the ${what} name ${name}, which goes with it, is taken in schema ${schema}`
  for (const line of [
    `name-collision on public.users: ${taken('relation', 'users', 'accounts')}`,
    `name-collision on public.users: ${taken('relation', 'users_pkey', 'accounts')}`,
    `name-collision on public.users: ${taken('relation', 'users_id_seq', 'accounts')}`,
    `name-collision on public.orders: ${taken('type', 'orders', 'sales')}`,
    `name-collision on public.orders: ${taken('type', '_orders', 'sales')}`,
    `name-collision on public.events_2024: ${taken('relation', 'events_2024', 'sales')}`,
  ])
    expect(error.detail).toContain(line)
  expect(await hasJournal(database.url)).toBe(false)
})

describe('waivers', () => {
  test('one that waives nothing, or that names no rule, is a warning and stops nothing', async () => {
    await using database = await prepared('')
    await desk.sketch('shop.yaml', database.url, {
      ...samplePlan,
      allow: [
        { rule: 'target-schema-exists', on: 'accounts', because: 'there was one once' },
        { rule: 'target-schema-exist', on: 'sales', because: 'misspelt' },
        { rule: 'something-else', on: 'sales', because: 'misunderstood' },
      ],
    })
    const { code, result } = await desk.json<Planned>(['plan'])
    expect(code).toBe(0)
    expect(
      result.findings
        .filter(({ rule }) => rule === 'unused-waiver')
        .map(({ on, text, severity }) => [severity, on, text]),
    ).toEqual([
      ['warning', 'accounts', 'the waiver of target-schema-exists matches no finding'],
      ['warning', 'sales', 'there is no rule "target-schema-exist" (did you mean "target-schema-exists"?)'],
      ['warning', 'sales', 'there is no rule "something-else"'],
    ])
    expect((await desk.run(['execute', '--phase', '1', '--yes'])).code).toBe(0)
  })
})

describe('the folder of backups', () => {
  test.each([
    ['is a file', 'taken'],
    ['lies in a file', 'taken/below'],
  ])('%s: the run stops before anything is moved', async (_name, backupDir) => {
    await using database = await prepared('')
    await using here = await Desk.open()
    await here.write('../taken', 'a file')
    await here.sketch('shop.yaml', database.url, {
      ...samplePlan,
      defaults: { backup: 'each-phase', backupDir },
    })
    const before = await dumpAll(database.url)
    const { code, error } = await here.failure(execute)
    expect([error.code, code]).not.toEqual(['internal', 1])
    expect(`${error.message}\n${error.detail.join('\n')}`).toContain('taken')
    expect(error.next).not.toEqual([])
    expect(await dumpAll(database.url)).toBe(before)
    // With a folder that can be written the same run goes on.
    await here.sketch('shop.yaml', database.url, {
      ...samplePlan,
      defaults: { backup: 'each-phase', backupDir: 'elsewhere' },
    })
    expect((await here.run(['execute', '--phase', '1', '--yes'])).code).toBe(0)
  })
})
