import { expect, test } from '@jest/globals'
import { checkServer, oldestMajor } from '../../../src/pg/server.ts'
import type { Session } from '../../../src/pg/session.ts'
import { failureOf } from '../../support/run.ts'

interface Told {
  readonly num?: number
  readonly recovery?: boolean
  /** The process ids that the server tells, one for each question. */
  readonly pids?: readonly number[]
}

/** A session with a server that is as told; checkServer asks nothing else of it. */
function sessionWith({ num = 150_004, recovery = false, pids = [7, 7] }: Told): Session {
  const left = [...pids]
  return {
    target: { alias: 'db', url: 'postgresql://db/shop' },
    announcedPid: 7,
    one: (text: string) =>
      Promise.resolve(
        text.includes('pg_backend_pid')
          ? { pid: left.shift() }
          : {
              num,
              version: `${Math.floor(num / 10_000)}.${num % 10_000}`,
              recovery,
              system: '1',
              oid: 2,
              database: 'shop',
              user: 'runner',
              super: true,
              read_only: 'off',
              deadlock_ms: 1000,
              may: true,
            },
      ),
    query: () => Promise.resolve([]),
  } as unknown as Session
}

test('servers from the oldest supported major on will do', async () => {
  for (const major of [oldestMajor, 15, 18])
    expect((await checkServer(sessionWith({ num: major * 10_000 }))).major).toBe(major)
})

test.each([
  [130_023, '13.23'],
  [90_624, '9.624'],
])('PostgreSQL %i will not', async (num, version) => {
  expect(await failureOf(checkServer(sessionWith({ num })))).toMatchObject({
    code: 'server-unsupported',
    exitCode: 4,
    message: `database "db" runs PostgreSQL ${version}; 14 is the oldest supported`,
    state: { kind: 'untouched' },
    next: ['upgrade the server to PostgreSQL 14 or later'],
  })
})

test('a standby will not', async () => {
  expect(await failureOf(checkServer(sessionWith({ recovery: true })))).toMatchObject({
    code: 'server-standby',
    exitCode: 4,
  })
})

test.each([
  ['another backend than was announced', [8, 8]],
  ['another backend for each transaction', [7, 9]],
])('a pooler will not: %s', async (_name, pids) => {
  expect(await failureOf(checkServer(sessionWith({ pids })))).toMatchObject({
    code: 'pooler-detected',
    exitCode: 4,
  })
})
