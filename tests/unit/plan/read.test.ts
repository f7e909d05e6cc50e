import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPlan } from '../../../src/plan/find.ts'
import { parsePlan, readPlan } from '../../../src/plan/read.ts'
import { errorOf, head, marked, read, services } from './text.ts'

describe('a plan', () => {
  test('has defaults, and all values in the form the engine wants', () => {
    const { place, hash, structure, ...plan } = read(`${head}${services}`)
    expect(place(['name'])).toEqual({ file: 'plans/shop.yaml', line: 2, column: 7 })
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(structure).toContain('"order_*"')
    const service = {
      ...{ database: 'db', sourceSchema: 'public', targetDatabase: 'db' },
      ...{ views: [], functions: [], types: [], compat: [], roles: [], isIsolated: false },
    }
    expect(plan).toEqual({
      file: 'plans/shop.yaml',
      name: 'shop',
      databases: {
        db: { url: 'postgres://localhost/shop', standbys: [], subscribers: [], pooler: undefined },
      },
      services: [
        { name: 'users', schema: 'users', tables: ['users'], ...service },
        { name: 'orders', schema: 'orders', tables: ['orders', 'order_*'], ...service },
      ],
      phases: [
        { number: 1, name: 'expand', kind: 'expand', services: ['users', 'orders'] },
        { number: 2, name: 'switch users', kind: 'switch', services: ['users'] },
        { number: 3, name: 'switch orders', kind: 'switch', services: ['orders'] },
        { number: 4, name: 'contract', kind: 'contract', services: ['users', 'orders'] },
      ],
      defaults: {
        stallBudgetMs: 200,
        lockRetryMs: 60_000,
        compat: 'view',
        onDrift: 'report',
        backup: 'each-phase',
        backupDir: 'backups',
        backupJobs: 2,
        onProbeFailure: 'undo',
        countUses: true,
      },
      backups: { keep: undefined, maxAgeMs: undefined, keyCommand: undefined, drill: 'none' },
      searchPath: { roles: [], database: false },
      contract: { quietMs: 7 * 86_400_000 },
      probes: {
        settings: new Map([['traffic', { severity: 'error' }]]),
        traffic: { windowMs: 3000, atLeast: 99 },
        own: [],
      },
      canary: { isEnabled: true, capMs: 1000, statements: new Map() },
      rewrite: {
        ...{ include: [], exclude: [], foreign: [], own: [], baseline: undefined },
        calls: { sql: [], table: [], text: [] },
      },
      allow: [],
    })
  })

  test('takes what is written', () => {
    const plan = read(`${head}services:
  users: { from: "db.My.Old schema", to: db, schema: new users, tables: [users], roles: [app, app],
           compat: { users: late, "*": none } }
  orders: { from: db.public, to: db, tables: [orders] }
  rest: { from: db.public, to: db, tables: ["*_log"], compat: search-path }
searchPath: { roles: [app] }
phases:
  - { name: critical, switch: [orders] }
defaults: { stallBudget: 1s, lockRetry: 5m, backup: none, backupDir: /b, backupJobs: 4, onProbeFailure: stop, onDrift: refuse }
contract: { quiet: 0s }
allow:
  - { rule: trigger, on: public.users, because: it is idle }
`)
    expect(plan.services[0]).toEqual({
      name: 'users',
      ...{ views: [], functions: [], types: [] },
      schema: 'new users',
      database: 'db',
      sourceSchema: 'My.Old schema',
      targetDatabase: 'db',
      tables: ['users'],
      compat: [
        { tables: 'users', policy: 'late' },
        { tables: '*', policy: 'none' },
      ],
      roles: ['app'],
      isIsolated: false,
    })
    expect(plan.services[2]).toMatchObject({ compat: [{ tables: '*', policy: 'search-path' }] })
    expect(plan.searchPath).toEqual({ roles: ['app'], database: false })
    expect(plan.defaults).toMatchObject({ compat: 'view', onDrift: 'refuse' })
    expect(plan.phases.map(({ name }) => name)).toEqual([
      'expand',
      'critical',
      'switch users',
      'switch rest',
      'contract',
    ])
    expect(plan.defaults).toMatchObject({
      stallBudgetMs: 1000,
      lockRetryMs: 300_000,
      backup: 'none',
      backupDir: '/b',
    })
    expect(plan.defaults).toMatchObject({ backupJobs: 4, onProbeFailure: 'stop' })
    expect(plan.contract.quietMs).toBe(0)
    expect(plan.allow).toEqual([{ rule: 'trigger', on: 'public.users', because: 'it is idle', index: 0 }])
  })

  test('knows where each value is written', () => {
    const { text, places } = marked(`${head}services:
  »users:
    from: »db.public
    to: db
    »tables:
      - users
      - »orders
allow:
  - »{ rule: r, on: »o, because: b }
`)
    const plan = read(text)
    const paths = [
      ['services', 'users'],
      ['services', 'users', 'from'],
      ['services', 'users', 'tables'],
      ['services', 'users', 'tables', 1],
      ['allow', 0],
      ['allow', 0, 'on'],
    ]
    const found = paths.map((path) => plan.place(path)).map(({ line, column }) => `${line}:${column}`)
    expect(found).toEqual(places)
    // The nearest thing around what is not there.
    expect(plan.place(['services', 'users', 'roles', 0])).toEqual(plan.place(['services', 'users']))
    expect(plan.place(['defaults', 'compat'])).toEqual({ file: 'plans/shop.yaml', line: 1, column: 1 })
  })

  test('reads YAML with CRLF, a byte order mark and anchors', () => {
    const text = `\uFEFF${head}${services}`.replaceAll('\n', '\r\n')
    expect(read(text).hash).toBe(read(`${head}${services}`).hash)
    const anchored = `${head}services:
  users: { from: &from db.public, to: &to db, tables: [users] }
  orders: { from: *from, to: *to, tables: [orders, "order_*"] }
`
    expect(read(anchored).hash).toBe(read(`${head}${services}`).hash)
  })
})

describe('the environment', () => {
  const text = `${head.replace('postgres://localhost/shop', '${SHOP_URL}')}${services}`

  test('gives the url of a database', () => {
    expect(read(text, { SHOP_URL: 'postgres://u:p@h/${HOME}' }).databases['db']?.url).toBe(
      'postgres://u:p@h/${HOME}',
    )
  })

  test('is not asked when nothing is to be interpolated', () => {
    const plan = parsePlan('p.yaml', text, {}, { interpolate: false })
    expect(plan.databases['db']?.url).toBe('${SHOP_URL}')
    expect(plan.hash).toBe(read(text, { SHOP_URL: 'postgres://h/d' }).hash)
  })

  test('lacks several variables: all are named at their places, with their messages', () => {
    const { text: two } = marked(`version: 1
name: shop
databases:
  db: { url: "postgres://\${SHOP_USER}@h/\${SHOP_DB:?the database of the shop}" }
  spare: { url: "\${SPARE_URL}" }
${services}`)
    const error = errorOf(two, { SHOP_USER: '' })
    expect(error.code).toBe('env-missing')
    expect(error.exitCode).toBe(3)
    expect(error.detail).toEqual([
      'plans/shop.yaml:4:14 environment variable SHOP_USER is not set',
      'plans/shop.yaml:4:14 environment variable SHOP_DB is not set: the database of the shop',
      'plans/shop.yaml:5:17 environment variable SPARE_URL is not set',
    ])
    expect(error.next[0]).toBe('export SHOP_USER=…')
  })

  test('never comes into an error', () => {
    const broken = `${text}alow: []\n`
    expect(JSON.stringify(errorOf(broken, { SHOP_URL: 'postgres://u:hunter2@h' }))).not.toContain('hunter2')
  })

  test('is refused outside of urls, and in a malformed reference', () => {
    expect(errorOf(`${head}services:\n  a: { from: db.c, to: db, tables: ["\${T}"] }\n`).message).toContain(
      'services.a.tables.0: ${…} is read in connection strings and addresses only',
    )
    for (const url of ['${', '${1}', '${A:+b}', '${A', '${A B}', '${A:-${B}}']) {
      const error = errorOf(`${head.replace('postgres://localhost/shop', url)}${services}`, { A: 'x' })
      expect([url, error.code, error.place?.line]).toEqual([url, 'plan-invalid', 4])
    }
  })

  test('leaves no url empty', () => {
    expect(
      errorOf(`${head.replace('postgres://localhost/shop', '${SHOP_URL:-}')}${services}`).message,
    ).toContain('the url is empty')
  })
})

describe('files', () => {
  let dir: string
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'plans-'))
    await mkdir(join(dir, 'one'))
    await writeFile(join(dir, 'one', 'shop.yaml'), `${head}${services}`)
    await writeFile(join(dir, 'one', 'plan.schema.json'), '{}')
    await mkdir(join(dir, 'two'))
    await writeFile(join(dir, 'two', 'b.yml'), '')
    await writeFile(join(dir, 'two', 'a.yaml'), Buffer.from([0x61, 0xff]))
    await mkdir(join(dir, 'none'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  test('the only plan of a folder is found and read', async () => {
    const file = await findPlan(join(dir, 'one'))
    expect(file).toBe(join(dir, 'one', 'shop.yaml'))
    expect((await readPlan(file, {})).file).toBe(file)
  })

  test('several plans are listed', async () => {
    await expect(findPlan(join(dir, 'two'))).rejects.toMatchObject({
      code: 'plan-not-found',
      detail: [join(dir, 'two', 'a.yaml'), join(dir, 'two', 'b.yml')],
      next: [expect.stringMatching(/--plan .*a\.yaml$/), expect.stringMatching(/--plan .*b\.yml$/)],
    })
  })

  test.each(['none', 'nowhere'])('no plan in %s', async (folder) => {
    await expect(findPlan(join(dir, folder))).rejects.toMatchObject({
      code: 'plan-not-found',
      next: ['migrate init'],
    })
  })

  test('a file that is not there, a folder, and a file that is no text', async () => {
    await expect(readPlan(join(dir, 'one', 'shp.yaml'), {})).rejects.toMatchObject({
      code: 'plan-not-found',
      message: expect.stringContaining('does not exist (did you mean "shop.yaml"?)'),
    })
    await expect(readPlan(join(dir, 'none'), {})).rejects.toMatchObject({
      code: 'plan-not-found',
      message: expect.stringContaining('is a folder'),
    })
    await expect(readPlan(join(dir, 'two', 'a.yaml'), {})).rejects.toMatchObject({
      code: 'plan-invalid',
      message: expect.stringContaining('is not UTF-8 text'),
    })
  })
})
