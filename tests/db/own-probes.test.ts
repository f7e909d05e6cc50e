import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { VerifyRequest } from '../../src/engine/verify.ts'
import { sql } from '../support/client.ts'
import type { FreshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { failureOf, findingsOf, run, verified } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'

let database: FreshDatabase
let server: Server
let base: string
/** Answers that are never given, so that they can be ended. */
const open: ServerResponse[] = []

const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/ok': (response) => response.end('status: ok'),
  '/long': (response) => response.end('.'.repeat(2 * 1024 * 1024) + 'ok'),
  '/broken': (response) => response.writeHead(500).end('no'),
  '/moved': (response) => response.writeHead(302, { location: '/ok' }).end(),
  '/silent': (response) => open.push(response),
  '/slow': (response) => {
    response.write('it begins')
    open.push(response)
  },
}

beforeAll(async () => {
  database = await sampleDatabase('own')
  await run(planFor(database.url, samplePlan), [1])
  server = createServer((request, response) => answers[request.url!.split('?')[0]!]!(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  for (const response of open) response.destroy()
  server.closeAllConnections()
  server.close()
  await database[Symbol.asyncDispose]()
})

/** What the probe `mine` says. */
async function says(kind: 'sql' | 'http', mine: object): Promise<string[]> {
  const plan = planFor(database.url, { ...samplePlan, probes: { [kind]: { mine } } })
  return findingsOf((await verified(plan, { only: ['mine'] })).outcomes)
}

const statements: readonly (readonly [string, object, string | undefined])[] = [
  ['the one value', { sql: 'select count(*) from accounts.users', expect: { value: 20 } }, undefined],
  [
    'another value',
    { sql: 'select count(*) from accounts.users', expect: { value: 19 } },
    'expected 19, got 20',
  ],
  ['a number by its value', { sql: 'select 5.00', expect: { value: 5 } }, undefined],
  ['a boolean', { sql: 'select 1 = 1', expect: { value: true } }, undefined],
  ['NULL', { sql: 'select null', expect: { value: null } }, undefined],
  [
    'rows in order',
    {
      sql: 'values (1, $$a$$), (2, null)',
      expect: {
        rows: [
          [1, 'a'],
          [2, null],
        ],
      },
    },
    undefined,
  ],
  [
    'rows in another order',
    { sql: 'values (2), (1)', expect: { rows: [[1], [2]] } },
    'the 2 rows are not the 2',
  ],
  ['no row', { sql: 'select from users where false', expect: { empty: true } }, undefined],
  ['rows where none should be', { sql: 'select 1', expect: { empty: true } }, 'expected no row, got 1'],
  ['a value within bounds', { sql: 'select 5', expect: { min: 5, max: 6 } }, undefined],
  ['a value out of bounds', { sql: 'select 7', expect: { max: 6 } }, 'expected at most 6, got 7'],
  ['text where a number is meant', { sql: "select ''", expect: { min: 0 } }, 'expected at least 0'],
  ['more than one value', { sql: 'values (1), (2)', expect: { value: 1 } }, 'expected one row of one value'],
  [
    'as a role',
    { sql: 'select current_user', expect: { value: 'test_reader' }, as: 'test_reader' },
    undefined,
  ],
  [
    'what a role may not',
    { sql: 'select note from users', expect: { empty: true }, as: 'test_reader' },
    'permission denied',
  ],
  [
    'a write',
    { sql: "insert into audit (line) values ('x') returning 1", expect: { value: 1 } },
    'it is not a statement that reads',
  ],
  [
    'several statements',
    { sql: 'commit; delete from audit', expect: { empty: true } },
    'it is 2 statements and not one',
  ],
  ['DO', { sql: "do 'begin end'", expect: { empty: true } }, 'it is not a statement that reads'],
  ['COPY', { sql: 'copy audit to stdout', expect: { empty: true } }, 'it is not a statement that reads'],
  ['SET', { sql: 'set work_mem = 64', expect: { empty: true } }, 'it is not a statement that reads'],
  ['COMMIT', { sql: 'commit', expect: { empty: true } }, 'it is not a statement that reads'],
  [
    'a write in a WITH',
    {
      sql: "with w as (insert into audit (line) values ('x') returning 1) select * from w",
      expect: { value: 1 },
    },
    'read-only transaction',
  ],
  ['SHOW', { sql: 'show transaction_read_only', expect: { value: 'on' } }, undefined],
  [
    'a number that differs beyond 2^53',
    { sql: 'select 9007199254740993', expect: { value: 9007199254740992 } },
    'expected 9007199254740992, got 9007199254740993',
  ],
  [
    'text that is a number elsewhere',
    { sql: "select '0x14'", expect: { value: 20 } },
    'expected 20, got 0x14',
  ],
  ['nonsense', { sql: 'selekt', expect: { value: 1 } }, 'the probe could not run: syntax error'],
  [
    'over its budget',
    { sql: 'select count(pg_sleep(60))', expect: { value: 1 }, budget: '50ms' },
    'longer than its budget of 50ms',
  ],
]

describe('a statement of the plan', () => {
  test.each(statements)('%s', async (_name, mine, problem) => {
    const found = await says('sql', mine)
    if (problem === undefined) expect(found).toEqual([])
    else expect(found).toEqual([expect.stringMatching(/^error mine mine: /)])
    expect(found.join()).toContain(problem ?? '')
  })

  test('in another database', async () => {
    await using here = await sampleDatabase('here')
    await using other = await sampleDatabase('other')
    await sql(other.url, 'delete from events')
    const probe = { sql: 'select count(*) from events', expect: { value: 0 } }
    const plan = planFor(here.url, {
      ...samplePlan,
      databases: { archive: { url: other.url } },
      probes: { sql: { there: { ...probe, database: 'archive' }, here: probe } },
    })
    expect(findingsOf((await verified(plan, { only: ['there', 'here'] })).outcomes)).toEqual([
      'error here here: expected 0, got 90',
    ])
  })

  test('runs on demand once one of its phases has begun, or when it is named', async () => {
    const probe = { sql: 'select 1', expect: { value: 1 } }
    const probes = {
      sql: { early: { ...probe, phases: ['expand'] }, later: { ...probe, phases: ['contract'] } },
    }
    const plan = planFor(database.url, { ...samplePlan, probes })
    const ran = async (request: VerifyRequest): Promise<string[]> =>
      (await verified(plan, { windowMs: 0, ...request })).outcomes.probes.map(({ id }) => id)
    expect(await ran({})).toContain('early')
    expect(await ran({})).not.toContain('later')
    expect(await ran({ phase: 4 })).toContain('later')
    expect(await ran({ only: ['later'] })).toEqual(['later'])
  })

  test('over its budget the server does not go on with it', async () => {
    const mine = { sql: "select count(pg_sleep(60)), 'mark'", expect: { empty: true }, budget: '30ms' }
    await says('sql', mine)
    const plan = planFor(database.url, {
      ...samplePlan,
      probes: {
        sql: {
          mine: {
            sql: "select from pg_stat_activity where pid <> pg_backend_pid() and state = 'active' and query like '%''mark''%' and datname = current_database()",
            expect: { empty: true },
          },
        },
      },
    })
    expect(findingsOf((await verified(plan, { only: ['mine'] })).outcomes)).toEqual([])
  })
})

test('bounds that nothing fits are refused with the plan', () => {
  const mine = { sql: 'select 1', expect: { min: 2, max: 1 } }
  expect(() => planFor(database.url, { ...samplePlan, probes: { sql: { mine } } })).toThrow(
    expect.objectContaining({ code: 'plan-invalid' }),
  )
})

describe('an address of the plan', () => {
  const cases: readonly (readonly [string, string, object, string])[] = [
    ['answers', '/ok', { contains: 'ok' }, 'info mine mine: http'],
    ['answers without the text', '/ok', { contains: 'fine' }, 'does not contain "fine"'],
    ['answers 500', '/broken', {}, 'it answered 500, not 200'],
    ['is to answer 500', '/broken', { status: 500 }, 'info mine mine: http'],
    ['says it after the first MiB', '/long', { contains: 'ok' }, 'its answer does not contain "ok"'],
    ['redirects', '/moved', {}, 'it answered 302, not 200'],
    ['does not answer', '/silent', { within: '50ms' }, 'error mine mine: .*no answer within 50ms'],
    ['does not come to an end', '/slow', { within: '50ms' }, 'error mine mine: .*no answer within 50ms'],
  ]
  test.each(cases)('%s', async (_name, path, more, said) => {
    const found = await says('http', { url: `${base}${path}`, ...more })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(new RegExp(said))
  })

  test('at which nothing listens; nothing secret of it is printed', async () => {
    const gone = createServer()
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
    const { port } = gone.address() as AddressInfo
    await new Promise((resolve) => gone.close(resolve))
    const url = `http://me:secret@127.0.0.1:${port}/health?token=secret`
    expect(await says('http', { url })).toEqual([
      `error mine mine: http://127.0.0.1:${port}/health: no answer: ECONNREFUSED`,
    ])
  })

  test('fails the switch at whose end it is asked', async () => {
    // What the other tests have found wrong is lifted.
    await says('http', { url: `${base}/ok` })
    const plan = planFor(database.url, {
      ...samplePlan,
      probes: { http: { mine: { url: `${base}/broken`, phases: ['switch accounts'] } } },
    })
    expect(await failureOf(run(plan, [2]))).toMatchObject({
      code: 'probe-failed',
      message: `mine on mine: ${base}/broken: it answered 500, not 200`,
      state: { kind: 'rolled-back' },
    })
  })
})
