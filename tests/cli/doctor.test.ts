import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { dump } from '../support/dump.ts'
import { freshDatabase } from '../support/database.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { sql } from '../support/client.ts'
import { Desk } from './desk.ts'

let desk: Desk

beforeAll(async () => {
  desk = await Desk.open()
})

afterAll(() => desk[Symbol.asyncDispose]())

const whole = ['doctor', '--database', 'OLD_URL']

interface Diagnosis {
  readonly tables: number
  readonly isBlocked: boolean
  readonly findings: readonly { readonly rule: string; readonly code: string; readonly severity: string }[]
}

describe('migrate doctor', () => {
  test('without a plan, over a whole schema; changes nothing', async () => {
    await using database = await sampleDatabase('doctor')
    const before = await dump(database.url, { rows: true })
    const { code, stdout } = await desk.run(whole, { OLD_URL: database.url })
    expect(code).toBe(0)
    expect(stdout).toMatch(/6 tables/)
    expect(stdout).toMatch(/^ {2}PF-9 dependent public\.users: view public\.user_totals reads it/m)
    expect(stdout).toMatch(/pg_stat_statements +not installed/)
    expect(await dump(database.url, { rows: true })).toBe(before)
  })

  test('with a plan, as data; what blocks is exit 4', async () => {
    await using database = await sampleDatabase('doctor')
    await desk.sketch('shop.yaml', database.url, samplePlan)
    const free = await desk.json<Diagnosis>(['doctor', '--plan', 'plans/shop.yaml'])
    expect(free.code).toBe(0)
    expect(free.result).toMatchObject({ tables: 5, isBlocked: false })
    await sql(database.url, 'create schema sales')
    const blocked = await desk.json<Diagnosis>(['doctor', '--plan', 'plans/shop.yaml'])
    expect(blocked.code).toBe(4)
    expect(blocked.result.findings).toContainEqual(
      expect.objectContaining({ rule: 'target-schema-exists', code: 'PF-24', severity: 'error' }),
    )
  })

  test.each([
    ['an empty schema', ['--schema', 'nothing'], 'table-not-found', 3],
    ['a schema that cannot be one', ['--schema', 'x'.repeat(64)], 'plan-invalid', 3],
    ['a target that is the source', ['--target', 'public'], 'mapping-conflict', 3],
    ['a plan as well', ['--plan', 'plans/shop.yaml'], 'usage-invalid', 2],
  ])('%s is refused', async (_name, more, code, exit) => {
    await using database = await freshDatabase('doctor')
    const failure = await desk.failure([...whole, ...more], { OLD_URL: database.url })
    expect([failure.error.code, failure.code]).toEqual([code, exit])
  })

  test('an unset variable and a server that is not there are refused', async () => {
    expect((await desk.failure(whole)).error.code).toBe('env-missing')
    const gone = await desk.failure(whole, { OLD_URL: 'postgresql://someone:secret@127.0.0.1:1/x' })
    expect([gone.error.code, gone.code]).toEqual(['connection-failed', 9])
    expect(JSON.stringify(gone)).not.toContain('secret')
  })
})
