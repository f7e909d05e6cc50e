import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FreshDatabase } from '../support/database.ts'
import type { PlanSketch } from '../support/plan.ts'
import { sql } from '../support/client.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { Desk } from './desk.ts'
import { expectRefusal, hasJournal, watch, type Refusal, type Watched } from './refusal.ts'

let database: FreshDatabase
let desk: Desk
let watched: Watched

const backups = { backup: 'each-phase' }

beforeAll(async () => {
  database = await sampleDatabase('cli_plans')
  await sql(database.url, 'create materialized view public.sums as select 1 as one')
  desk = await Desk.open()
  watched = await watch(database.url)
})

afterAll(async () => {
  expect(await hasJournal(database.url)).toBe(false)
  await desk[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const head = `version: 1
name: shop
databases: { db: { url: "\${SHOP_URL}" } }
`
const service = 'services: { accounts: { from: db.public, to: db, tables: [users] } }\n'

/** Plans that are wrong as texts: no database is asked. */
const texts: readonly [name: string, text: string, refusal: Omit<Refusal, 'exit'>][] = [
  [
    'broken YAML',
    `${head}services: { accounts: { tables: [users\n`,
    { code: 'plan-invalid', message: /^plans\/slip\.yaml has \d+ problems?/, detail: /slip\.yaml:\d+:\d+ / },
  ],
  ['an empty file', '', { code: 'plan-invalid', message: /the plan is empty/ }],
  [
    'unknown keys, all told at once',
    `${head}${service.replace('tables', 'tabels')}alow: []\n`,
    {
      code: 'plan-invalid',
      message: /has 3 problems/,
      detail: /unknown key "tabels".*did you mean "tables"[^]*unknown key "alow".*did you mean "allow"/,
    },
  ],
  [
    'a table in two services',
    `${head}services:\n  a: { from: db.public, to: db, tables: [users] }\n  b: { from: db.public, to: db, tables: [users] }\n`,
    {
      code: 'mapping-conflict',
      message: /2 problems/,
      detail: /table "users" is claimed by services "a" and "b"/,
    },
  ],
  [
    'a variable that is not set',
    `${head.replace('SHOP_URL', 'SHOP_MISSING_URL')}${service}`,
    { code: 'env-missing', message: /SHOP_MISSING_URL/, next: /export SHOP_MISSING_URL/ },
  ],
  [
    'a variable that is not set, with a message of its own',
    `${head.replace('SHOP_URL', 'SHOP_MISSING_URL:?set it to the primary')}${service}`,
    { code: 'env-missing', message: /SHOP_MISSING_URL.*set it to the primary/ },
  ],
  [
    'a move to another database',
    `${head.replace('} }', '}, other: { url: "postgres://localhost/x" } }')}${service.replace('to: db', 'to: other')}`,
    { code: 'move-unsupported', message: /service "accounts" moves from database "db" to "other"/ },
  ],
  [
    'an alias that no database has',
    `${head.replace('db:', 'legacy:')}${service.replace('to: db', 'to: legasy').replace('db.', 'legacy.')}`,
    { code: 'plan-invalid', message: /no database has the alias "legasy" \(did you mean "legacy"\?\)/ },
  ],
  [
    'a service that no phase can switch',
    `${head}${service}phases: [{ name: first, switch: [acounts] }]\n`,
    { code: 'plan-invalid', message: /no service has the name "acounts" \(did you mean "accounts"\?\)/ },
  ],
  [
    'a target that is the source',
    `${head}services: { public: { from: db.public, to: db, tables: [users] } }\n`,
    { code: 'mapping-conflict', message: /service "public" moves tables to the schema they are in/ },
  ],
  [
    'a target schema of the tool’s own',
    `${head}services: { migrate: { from: db.public, to: db, tables: [users] } }\n`,
    { code: 'plan-invalid', message: /migrate/ },
  ],
]

describe('a plan that is wrong as a text', () => {
  test.each(texts)('%s', async (_name, text, refusal) => {
    const plan = await desk.write('slip.yaml', text)
    const env = { SHOP_URL: database.url }
    const error = await expectRefusal(
      desk,
      ['execute', '--plan', plan, '--phase', '1', '--yes'],
      { ...refusal, exit: 3 },
      { env },
    )
    expect(error.place).toMatchObject({ file: 'plans/slip.yaml' })
  })

  test('is refused by every command in the same words', async () => {
    const plan = await desk.write('slip.yaml', `${head}${service}alow: []\n`)
    const env = { SHOP_URL: database.url }
    const commands = [
      ['plan'],
      ['status'],
      ['verify'],
      ['execute', '--all'],
      ['rollback', '--to', '0'],
      ['backup', 'list'],
      ['uninstall', '--confirm', 'shop'],
    ]
    for (const command of commands) {
      const { code, error } = await desk.failure([...command, '--plan', plan], env)
      expect([command[0], code, error.code, error.detail]).toEqual([
        command[0],
        3,
        'plan-invalid',
        ['plans/slip.yaml:5:1 unknown key "alow" (did you mean "allow"?)'],
      ])
    }
  })
})

/** Plans that do not fit the database. */
const misfits: readonly [name: string, sketch: PlanSketch, refusal: Refusal][] = [
  [
    'an unknown table',
    { services: { accounts: ['user'], sales: ['orders'] } },
    {
      code: 'table-not-found',
      exit: 3,
      message: /there is no table "user" in schema public \(did you mean "users"\?\)/,
    },
  ],
  [
    'several unknown tables, all told at once',
    { services: { accounts: ['usres', 'users'], sales: ['orderz', 'nothing_like_it'] } },
    {
      code: 'table-not-found',
      exit: 3,
      message: /3 names of the plan do not fit/,
      detail: /usres[^]*orderz[^]*nothing_like_it/,
    },
  ],
  [
    'an unknown schema',
    { services: { accounts: { tables: ['users'], from: 'db.legacy' } } },
    { code: 'table-not-found', exit: 3, message: /schema legacy has no tables or does not exist/ },
  ],
  [
    'a glob that matches nothing',
    { services: { accounts: ['users'], sales: ['invoice_*'] } },
    { code: 'table-not-found', exit: 3, message: /"invoice_\*"/ },
  ],
  [
    'a view given as a table',
    { services: { accounts: ['users', 'user_totals'] } },
    { code: 'table-not-found', exit: 3, message: /public\.user_totals is a view, not a table/ },
  ],
  [
    'a materialized view given as a table',
    { services: { accounts: ['users', 'sums'] } },
    { code: 'table-not-found', exit: 3, message: /public\.sums is a materialized view, not a table/ },
  ],
  [
    'a sequence given as a table',
    { services: { accounts: ['users_id_seq'] } },
    { code: 'table-not-found', exit: 3, message: /users_id_seq/ },
  ],
  [
    'a table in two services by globs',
    { services: { accounts: ['u*'], sales: ['*sers', 'orders'] } },
    {
      code: 'mapping-conflict',
      exit: 3,
      message:
        /table public\.users is claimed by service "accounts" and by service "sales"|2 names of the plan do not fit/,
      detail: /table public\.users is claimed by service "accounts" and by service "sales"/,
    },
  ],
  [
    'a partition without its parent',
    { services: { accounts: ['events_2024'] } },
    {
      code: 'preflight-refused',
      exit: 4,
      message: /relation-unsupported on public\.events_2024: it is a partition of a table that is not moved/,
    },
  ],
  [
    'a role that does not exist',
    { services: { accounts: { tables: ['users'], roles: ['shop_nobody'] } } },
    {
      code: 'preflight-refused',
      exit: 4,
      message: /role-missing on shop_nobody/,
      next: /create role shop_nobody/,
    },
  ],
]

describe('a plan that does not fit the database', () => {
  test.each(misfits)('%s', async (_name, sketch, refusal) => {
    const plan = await desk.sketch('misfit.yaml', database.url, { ...sketch, defaults: backups })
    await expectRefusal(desk, ['execute', '--plan', plan, '--to', '2', '--yes'], refusal, {
      watched,
    })
    // Preflight's objections are findings of `plan`, beside everything else it shows; its exit code is the same.
    if (refusal.exit !== 4) return
    const planned = await desk.json<{ findings: { rule: string; phase: number }[] }>(['plan', '--plan', plan])
    expect(planned.code).toBe(4)
    expect(planned.result.findings).toContainEqual(
      expect.objectContaining({ rule: refusal.message.source.split(' ')[0], phase: 1, severity: 'error' }),
    )
  })
})

describe('the file of the plan', () => {
  test('is not there: the one that was probably meant is named', async () => {
    await using alone = await Desk.open()
    await alone.sketch('shop.yaml', database.url, samplePlan)
    await expectRefusal(alone, ['execute', '--plan', 'plans/shpo.yaml', '--phase', '1', '--yes'], {
      code: 'plan-not-found',
      exit: 3,
      message: /plans\/shpo\.yaml does not exist \(did you mean "shop\.yaml"\?\)/,
      next: /--plan plans\/shop\.yaml/,
    })
  })

  test('is not there, nor any other', async () => {
    await using alone = await Desk.open()
    const refusal = {
      code: 'plan-not-found',
      exit: 3,
      message: /there is no plan in plans/,
      next: /migrate init/,
    }
    await expectRefusal(alone, ['execute', '--phase', '1', '--yes'], refusal)
  })

  test('is one of two: both are listed', async () => {
    await using alone = await Desk.open()
    await alone.sketch('shop.yaml', database.url, samplePlan)
    await alone.sketch('other.yaml', database.url, { ...samplePlan, name: 'other' })
    await expectRefusal(alone, ['execute', '--phase', '1', '--yes'], {
      code: 'plan-not-found',
      exit: 3,
      message: /there are 2 plans in plans; say which with --plan/,
      detail: /plans\/other\.yaml\nplans\/shop\.yaml/,
      next: /--plan plans\/other\.yaml/,
    })
  })

  test('is the only one: it need not be named, and the schema beside it is none', async () => {
    await using alone = await Desk.open()
    await alone.sketch('shop.yaml', database.url, samplePlan)
    await alone.write('plan.schema.json', '{}')
    expect((await alone.run(['status'])).code).toBe(0)
  })

  test('is a folder, or not text', async () => {
    await using alone = await Desk.open()
    await mkdir(join(alone.dir, 'folder.yaml'))
    await writeFile(join(alone.dir, 'bytes.yaml'), Buffer.from([0xff, 0xfe, 0x00]))
    const args = (file: string): string[] => ['execute', '--plan', file, '--phase', '1', '--yes']
    await expectRefusal(alone, args('folder.yaml'), {
      code: 'plan-not-found',
      exit: 3,
      message: /folder\.yaml is a folder/,
    })
    await expectRefusal(alone, args('bytes.yaml'), {
      code: 'plan-invalid',
      exit: 3,
      message: /bytes\.yaml is not UTF-8 text/,
    })
  })
})
