import { describe, expect, test } from '@jest/globals'
import { connect, sql } from '../support/client.ts'
import { dumpAll, journalStates } from '../support/dump.ts'
import { planFor } from '../support/plan.ts'
import { failureOf, problems, run, undo } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'

const trigger =
  'create trigger users_noted after insert or update on public.users for each row execute function public.note_user()'

/** What goes wrong, how, which probe sees it, and how it is put right. */
const plants = [
  ['a trigger is gone', 'drop trigger users_noted on public.users', 'parity', trigger],
  [
    'the schema is closed',
    'revoke usage on schema accounts from test_reader',
    'grants',
    'grant usage on schema accounts to test_reader',
  ],
] as const

describe('a probe that fails after the switch', () => {
  test.each(plants)(
    '%s: the switch is undone, and works once the cause is removed',
    async (_, plant, probe, cure) => {
      await using database = await sampleDatabase('probe')
      const plan = planFor(database.url, samplePlan)
      await run(plan, [1])
      await sql(database.url, plant)
      const before = await dumpAll(database.url)
      const failure = await failureOf(run(plan, [2]))
      expect(failure).toMatchObject({ code: 'probe-failed', exitCode: 5, state: { kind: 'rolled-back' } })
      expect([failure.message, ...failure.detail].join('\n')).toContain(`${probe} on `)
      expect(await dumpAll(database.url)).toBe(before)
      expect(await journalStates(database.url)).toContain('phase 2 pending poisoned')
      await sql(database.url, cure)
      await run(plan, [2])
      expect(await problems(plan)).toEqual([])
    },
  )

  test('with onProbeFailure: stop the switch stays, later phases are refused until it is right', async () => {
    await using database = await sampleDatabase('stop')
    const plan = planFor(database.url, { ...samplePlan, defaults: { onProbeFailure: 'stop' } })
    await run(plan, [1])
    await sql(database.url, 'revoke usage on schema accounts from test_reader')
    expect((await failureOf(run(plan, [2]))).code).toBe('probe-failed')
    await using client = await connect(database.url)
    expect(await client.value(`select relkind from pg_class where oid = 'accounts.users'::regclass`)).toBe(
      'r',
    )
    expect(await journalStates(database.url)).toContain('phase 2 running poisoned')
    expect((await failureOf(run(plan, [3]))).code).toBe('phase-out-of-order')
    expect((await failureOf(run(plan, [2]))).code).toBe('probe-failed')
    await client.query('grant usage on schema accounts to test_reader')
    await run(plan, [2, 3])
    expect(await journalStates(database.url)).toContain('phase 2 done')
    expect(await problems(plan)).toEqual([])
  })

  test('or it is rolled back by hand', async () => {
    await using database = await sampleDatabase('stop_back')
    const plan = planFor(database.url, { ...samplePlan, defaults: { onProbeFailure: 'stop' } })
    const before = await dumpAll(database.url)
    await run(plan, [1])
    await sql(database.url, 'drop trigger users_noted on public.users')
    expect((await failureOf(run(plan, [2]))).code).toBe('probe-failed')
    await undo(plan, { to: 0 })
    const line = /.*users_noted.*\n/g
    expect((await dumpAll(database.url)).replaceAll(/\n+/g, '\n')).toBe(
      before
        .replaceAll(/--\n-- Name: users users_noted.*\n--\n/g, '')
        .replaceAll(line, '')
        .replaceAll(/\n+/g, '\n'),
    )
  })

  test('a finding that the plan waives with a reason does not stop it', async () => {
    await using database = await sampleDatabase('waived')
    const plan = planFor(database.url, {
      ...samplePlan,
      allow: [{ rule: 'parity', on: 'public.users', because: 'the trigger is no longer wanted' }],
    })
    await run(plan, [1])
    await sql(database.url, 'drop trigger users_noted on public.users')
    await run(plan, [2])
    expect(await problems(plan)).toEqual([])
  })
})
