import { describe, expect, test } from '@jest/globals'
import { renderStatus } from '../../src/cli/render/status.ts'
import { sql } from '../support/client.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import {
  eventsOf,
  failureOf,
  findingsOf,
  problems,
  run,
  statusOf,
  undo,
  verified,
  warningsOf,
} from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'

const probes = { sql: { wish: { sql: 'select wish from public.wishes', expect: { value: true } } } }
const sketch: PlanSketch = { ...samplePlan, probes }
const build = 'create table public.wishes (wish boolean); insert into public.wishes values (false)'
const cure = 'update public.wishes set wish = true'
const because = 'it may stay a wish'
const waived: PlanSketch = { ...sketch, allow: [{ rule: 'wish', on: 'wish', because }] }

async function poisonOf(plan: ReturnType<typeof planFor>, phase: number): Promise<string[]> {
  const { outcomes } = await statusOf(plan)
  const findings = outcomes.phases.find(({ number }) => number === phase)!.poison?.findings ?? []
  return findings.map(
    ({ rule, on, waived: reason }) => `${rule} ${on}${reason === undefined ? '' : ' waived'}`,
  )
}

describe('a failed check', () => {
  test('stays with its phase after the undo, until the phase is executed and passes', async () => {
    await using database = await sampleDatabase('poison')
    await sql(database.url, build)
    const plan = planFor(database.url, sketch)
    await run(plan, [1])
    expect(await failureOf(run(plan, [2]))).toMatchObject({
      code: 'probe-failed',
      state: { kind: 'rolled-back' },
    })
    expect(await poisonOf(plan, 2)).toEqual(['wish wish'])
    const { outcomes } = await statusOf(plan)
    expect(outcomes.phases[1]).toMatchObject({ state: 'rolled-back', poison: { by: 'execute' } })
    expect(renderStatus(outcomes, false)).toContain(
      'phase 2 failed a check: wish on wish: expected true, got f',
    )
    expect((await failureOf(run(plan, [3]))).code).toBe('phase-out-of-order')
    await sql(database.url, cure)
    await run(plan, [2, 3])
    expect(await poisonOf(plan, 2)).toEqual([])
    expect(await problems(plan)).toEqual([])
  })

  test('is lifted by the same probe that passes, and by no other', async () => {
    await using database = await sampleDatabase('poison_verify')
    await sql(database.url, build)
    const plan = planFor(database.url, { ...sketch, defaults: { onProbeFailure: 'stop' } })
    await run(plan, [1])
    await failureOf(run(plan, [2]))
    expect(await poisonOf(plan, 2)).toEqual(['wish wish'])
    await verified(plan, { phase: 2, only: ['parity'] })
    await verified(plan, { phase: 2, only: ['wish'] })
    expect(await poisonOf(plan, 2)).toEqual(['wish wish'])
    await sql(database.url, cure)
    await verified(plan, { phase: 2, only: ['parity'] })
    const off = { sql: { wish: { ...probes.sql.wish, severity: 'off' } } }
    await verified(planFor(database.url, { ...sketch, probes: off }), { phase: 2 })
    expect(await poisonOf(plan, 2)).toEqual(['wish wish'])
    await verified(plan, { phase: 2, only: ['wish'] })
    expect(await poisonOf(plan, 2)).toEqual([])
  })

  test('is waived with a reason, also afterwards; a rollback does not lift it', async () => {
    await using database = await sampleDatabase('poison_waived')
    await sql(database.url, build)
    const plan = planFor(database.url, { ...sketch, defaults: { onProbeFailure: 'stop' } })
    await run(plan, [1])
    await failureOf(run(plan, [2]))
    await undo(plan, { phase: 2 })
    expect(await poisonOf(plan, 2)).toEqual(['wish wish'])
    const allowing = planFor(database.url, waived)
    expect(await poisonOf(allowing, 2)).toEqual(['wish wish waived'])
    expect(renderStatus((await statusOf(allowing)).outcomes, false)).toContain(`waived: ${because}`)
    await run(allowing, [2, 3])
  })

  test('of a verification holds up later phases, until it passes or is waived', async () => {
    await using database = await sampleDatabase('poison_later')
    await sql(database.url, `${build}; ${cure}`)
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2])
    expect(findingsOf((await verified(plan, { only: ['wish'] })).outcomes)).toEqual([])
    await sql(database.url, 'update public.wishes set wish = false')
    await verified(plan, {})
    expect(await poisonOf(plan, 2)).toEqual(['wish wish'])
    expect((await statusOf(plan)).outcomes.next[0]).toContain('migrate verify --phase 2')
    const failure = await failureOf(run(plan, [3]))
    expect(failure).toMatchObject({ code: 'phase-poisoned', exitCode: 4, state: { kind: 'untouched' } })
    expect(failure.detail.join()).toContain('wish on wish')
    // Executed again, the phase that is done makes its checks again.
    expect((await failureOf(run(plan, [2]))).code).toBe('probe-failed')
    await run(planFor(database.url, waived), [2, 3])
    expect(await poisonOf(plan, 2)).toEqual([])
  })

  test('is lifted by an execution only once the probe has passed in it', async () => {
    await using database = await sampleDatabase('poison_named')
    await sql(database.url, build)
    const plan = planFor(database.url, sketch)
    await run(plan, [1])
    await verified(plan, { only: ['wish'] })
    expect(await poisonOf(plan, 1)).toEqual(['wish wish'])
    expect((await failureOf(run(plan, [1]))).code).toBe('probe-failed')
    const off = { sql: { wish: { ...probes.sql.wish, severity: 'off' } } }
    await run(planFor(database.url, { ...sketch, probes: off }), [1])
    expect(await poisonOf(plan, 1)).toEqual(['wish wish'])
    await sql(database.url, cure)
    await run(plan, [1])
    expect(await poisonOf(plan, 1)).toEqual([])
  })

  test('goes to the phase that the probe is of; gone from the plan it is lifted', async () => {
    await using database = await sampleDatabase('poison_whose')
    await sql(database.url, `${build}; ${cure}`)
    const early = { sql: { wish: { ...probes.sql.wish, phases: ['switch accounts'] } } }
    const plan = planFor(database.url, { ...sketch, probes: early })
    await run(plan, [1, 2, 3])
    await sql(database.url, 'update public.wishes set wish = false')
    const poison = async (): Promise<string[][]> => [await poisonOf(plan, 2), await poisonOf(plan, 3)]
    await verified(plan, {})
    expect(await poison()).toEqual([['wish wish'], []])
    expect((await failureOf(run(plan, [4]))).code).toBe('phase-poisoned')
    const { events } = await verified(planFor(database.url, samplePlan), { phase: 2 })
    expect(warningsOf(events)).toContain('what wish had found is lifted: the plan has no such probe any more')
    expect(await poison()).toEqual([[], []])
    await verified(plan, {})
    await run(planFor(database.url, samplePlan), [2])
    expect(await poison()).toEqual([[], []])
  })

  test('a switch whose canary never told is watched in its place', async () => {
    await using database = await sampleDatabase('poison_untold')
    const plan = planFor(database.url, { ...samplePlan, defaults: { onProbeFailure: 'stop' } })
    await run(plan, [1, 2])
    // A runner that was killed between the commit and the report of its canary leaves this.
    await sql(
      database.url,
      `update migrate.steps set canary = null, record = record || '{"canary": "due"}' where kind = 'switch-tables';
       update migrate.phases set state = 'running' where number = 2`,
    )
    const { events } = await run(plan, [2])
    expect(warningsOf(events)).toContainEqual(
      expect.stringContaining('the runner was ended before the canary'),
    )
    const told = eventsOf(events, 'notice').map(({ text }) => text)
    expect(told).toContainEqual(expect.stringMatching(/^traffic on accounts: 100 % of \d+ statements/))
    expect(await poisonOf(plan, 2)).toEqual([])
  })

  test('of a phase that later ones stand on does not undo it', async () => {
    await using database = await sampleDatabase('poison_early')
    await sql(database.url, `${build}; ${cure}`)
    const plan = planFor(database.url, sketch)
    await run(plan, [1, 2, 3])
    await sql(database.url, 'update public.wishes set wish = false')
    await verified(plan, { phase: 2 })
    expect((await failureOf(run(plan, [2]))).state.kind).toBe('resumable')
    expect((await statusOf(plan)).outcomes.phases.map(({ state }) => state)).toEqual([
      'done',
      'interrupted',
      'done',
      'pending',
    ])
    await sql(database.url, cure)
    await run(plan, [2])
    expect((await failureOf(run(planFor(database.url, { ...sketch, quiet: '7d' }), [4]))).code).toBe(
      'gate-waiting',
    )
  })
})

test('a probe that is lowered or off lets the phase pass, and is told wherever it would speak', async () => {
  await using database = await sampleDatabase('lowered')
  const settings = { parity: { severity: 'warning' }, sequences: { severity: 'off' } }
  const plan = planFor(database.url, { ...samplePlan, probes: { settings } })
  await run(plan, [1])
  await sql(database.url, 'drop trigger users_noted on public.users')
  const { events } = await run(plan, [2])
  const notices = eventsOf(events, 'notice').map(({ text }) => text)
  expect(notices).toContainEqual(expect.stringMatching(/^parity on public.users: .*lowered by the plan/))
  expect(notices).toContain('sequences on shop: not run: the plan has it off')
  const { outcomes } = await verified(plan, { only: ['parity', 'sequences'] })
  expect(findingsOf(outcomes)).toEqual([
    expect.stringMatching(/^warning parity public.users: .*lowered/),
    'warning sequences shop: not run: the plan has it off',
  ])
})

test('a probe of the tool that takes longer than its budget has failed', async () => {
  await using database = await sampleDatabase('budget')
  await sql(
    database.url,
    `create function public.slowly(text) returns text language sql stable as $$ select $1 from pg_sleep(60) $$;
     create view public.slow as select id, public.slowly(email) as email from public.users`,
  )
  const plan = planFor(database.url, {
    services: { accounts: { tables: ['users'], views: ['slow'] } },
    probes: { settings: { content: { budget: '100ms', phases: ['expand'] } } },
  })
  expect(await failureOf(run(plan, [1]))).toMatchObject({
    code: 'probe-failed',
    message: 'content on content: the probe could not run: it took longer than its budget of 100ms',
  })
})
