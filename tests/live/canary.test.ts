import { describe, expect, test } from '@jest/globals'
import { renderStatus } from '../../src/cli/render/status.ts'
import type { CanaryReport } from '../../src/canary/report.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { connect, rowsOf, sql } from '../support/client.ts'
import { dumpAll, journalStates, runnersOf } from '../support/dump.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { eventsOf, failureOf, findingsOf, problems, run, statusOf, verified } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { Chain, failuresOf } from './journey.ts'
import { sleepy } from './obstacles.ts'

const impatient = { cap: '100ms' }

async function reports(plan: Plan): Promise<CanaryReport[]> {
  const { outcomes } = await statusOf(plan)
  return outcomes.phases.flatMap(({ steps }) => steps.flatMap(({ canary }) => canary ?? []))
}

describe('the canary', () => {
  test('tells how long a switch has held it up by each name', async () => {
    await using database = await sampleDatabase('canary')
    const plan = planFor(database.url, samplePlan)
    await run(plan, [1])
    await using holder = await connect(database.url)
    await holder.query('begin; select from users')
    let released: Promise<unknown> | undefined
    const { events } = await run(plan, [2], {
      on: ({ type }) => {
        if (type === 'action:retry') released ??= holder.query('commit')
      },
    })
    await released
    const [told] = eventsOf(events, 'canary:end')
    expect(told).toMatchObject({ step: 'switch accounts', failed: 0, capMs: 1000 })
    expect(told!.heldUpMs).toBeGreaterThan(0)
    expect(told!.longestMs).toBeGreaterThanOrEqual(told!.heldUpMs)
    expect(eventsOf(events, 'notice').map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^traffic on accounts: 100 % of \d+ statements of the canary succeeded$/),
    )
    const [report] = await reports(plan)
    expect(report!.names.map(({ name }) => name)).toEqual(['public.users', 'accounts.users'])
    for (const { statements, schema } of report!.names) {
      expect(statements).toBeGreaterThanOrEqual(4)
      expect(schema).toBe('accounts')
    }
    expect(renderStatus((await statusOf(plan)).outcomes, false)).toMatch(
      /phase 2, canary: held up for [\d.]+ ms at most, (public|accounts)\.users; \d+ statements, none failed/,
    )
  })

  test('held up over its cap, the phase is undone at once, under traffic that sees no failure', async () => {
    await using chain = await Chain.build(2)
    const sketch: PlanSketch = {
      services: { chain: chain.tables },
      canary: impatient,
      defaults: { onProbeFailure: 'stop' },
    }
    const plan = planFor(chain.url, sketch)
    await run(plan, [1])
    const before = await dumpStructure(chain.url)
    await sql(chain.url, sleepy('chain'))
    const load = await chain.load({ styles: ['public', 'schema', 'unqualified'] })
    await until(async () => (await load.report()).statements > 50)
    const failure = await failureOf(run(plan, [2]))
    expect(failure).toMatchObject({ code: 'stall-exceeded', exitCode: 6, state: { kind: 'rolled-back' } })
    expect(failure.message).toMatch(
      /^canary on (public|chain)\.\w+: the switch held it up for \d+ ms, over the cap of 100 ms$/,
    )
    const statements = (await load.report()).statements
    await until(async () => (await load.report()).statements > statements + 50)
    expect(await journalStates(chain.url)).toContain('phase 2 pending poisoned')
    expect((await statusOf(plan)).outcomes.phases[1]!.poison!.findings[0]).toMatchObject({ rule: 'canary' })
    await sql(chain.url, 'drop event trigger sleepy; drop function public.sleepily()')
    expect(await dumpStructure(chain.url)).toEqual(before)
    // Nothing but another execution tells whether it is better now.
    await verified(plan, { windowMs: 0 })
    expect(await journalStates(chain.url)).toContain('phase 2 pending poisoned')
    await run(planFor(chain.url, { ...sketch, canary: { cap: '1s' } }), [2])
    expect(await journalStates(chain.url)).toContain('phase 2 done')
    expect(failuresOf(await load.stop())).toEqual([])
    expect(await chain.check('chain')).toMatchObject({ isComplete: true, complaints: [], unknown: 0 })
  })

  test('what the plan waives with a reason is told and passes', async () => {
    await using database = await sampleDatabase('canary_waived')
    const allow = ['public.users', 'accounts.users'].map((on) => ({
      rule: 'canary',
      on,
      because: 'it is night',
    }))
    const plan = planFor(database.url, { ...samplePlan, canary: impatient, allow })
    await run(plan, [1])
    await sql(database.url, sleepy('accounts'))
    const { events } = await run(plan, [2])
    expect(eventsOf(events, 'notice').map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^waived: canary on (public|accounts)\.users: .*\(it is night\)$/),
    )
    expect(Math.max(...(await reports(plan)).map(({ heldUpMs }) => heldUpMs))).toBeGreaterThanOrEqual(250)
  })

  test('statements of the plan are carried out; one that the switch makes fail undoes it', async () => {
    await using database = await sampleDatabase('canary_own')
    const note = "insert into public.audit (line) values ('canary')"
    const sketch: PlanSketch = {
      services: { accounts: { tables: ['users'], compat: 'none' } },
      canary: {
        statements: {
          accounts: [note, 'update public.users set note = note where id = 1', 'select from nowhere'],
        },
      },
    }
    const plan = planFor(database.url, sketch)
    await run(plan, [1])
    const events: string[] = []
    const failure = await failureOf(run(plan, [2], { on: (event) => events.push(JSON.stringify(event)) }))
    expect(failure).toMatchObject({ code: 'stall-exceeded', state: { kind: 'rolled-back' } })
    expect(failure.message).toMatch(
      /^canary on statement 2 of accounts: \d+ of \d+ statements of the canary failed during the switch$/,
    )
    expect(failure.detail.join()).toContain('42P01 relation "public.users" does not exist')
    expect(events.join()).toContain(
      'the canary leaves out what did not work before the switch: select from nowhere',
    )
    const [{ written }] = (await rowsOf<{ written: number }>(
      database.url,
      "select count(*)::int as written from audit where line = 'canary'",
    )) as [{ written: number }]
    expect(written).toBeGreaterThanOrEqual(2)
    expect((await rowsOf(database.url, 'select from public.users')).length).toBe(20)
    await run(planFor(database.url, { ...sketch, canary: { statements: { accounts: [note] } } }), [2])
  })

  test('changes nothing: no row, no trigger for statements, no count of uses', async () => {
    await using database = await sampleDatabase('canary_quiet')
    await sql(
      database.url,
      `create function public.note_all() returns trigger language plpgsql as $$
         begin insert into audit (line) values (tg_op); return null; end $$;
       create trigger noted after insert or update or delete or truncate on public.users for each statement execute function public.note_all();
       create table public.computed (id integer generated always as identity);
       create view public.names as select id, email from public.users`,
    )
    const plan = planFor(database.url, {
      services: {
        accounts: { tables: ['users', 'computed'], views: ['names'] },
        sales: ['orders', 'events'],
      },
    })
    await run(plan, [1])
    const { events } = await run(plan, [2, 3])
    expect(eventsOf(events, 'notice').filter(({ text }) => text.startsWith('the canary leaves out'))).toEqual(
      [],
    )
    const found = findingsOf((await verified(plan, { only: ['traffic'], windowMs: 200 })).outcomes)
    expect(found).toContainEqual(expect.stringMatching(/^info traffic accounts: 100 % of \d+ statements/))
    expect(
      await rowsOf(database.url, "select from audit where line in ('UPDATE', 'INSERT', 'DELETE')"),
    ).toEqual([])
    expect(
      await rowsOf(
        database.url,
        "select from pg_stat_user_functions where funcname like 'counted_%' and calls > 0",
      ),
    ).toEqual([])
    const { outcomes } = await statusOf(plan)
    expect(outcomes.oldNames.flatMap(({ users }) => users)).toEqual([])
    expect(await problems(plan)).toEqual([])
  })

  test('speaks by those names only that are to work before and after', async () => {
    await using database = await sampleDatabase('canary_names')
    const plan = planFor(database.url, {
      services: {
        bare: { tables: ['users'], compat: 'search-path' },
        shell: { tables: ['audit'], compat: 'shell' },
        gone: { tables: ['orders'], compat: 'none' },
        view: { tables: ['events'] },
      },
      searchPath: { roles: ['test_writer'] },
      allow: [{ rule: 'old-name-in-function', on: 'public.note_user', because: 'of the sample' }],
      phases: [{ name: 'all', switch: ['bare', 'shell', 'gone', 'view'] }],
    })
    await run(plan, [1, 2])
    const names = (await reports(plan)).flatMap((report) => report.names.map(({ name }) => name))
    expect(names.toSorted()).toEqual(
      ['users', 'bare.users', 'public.audit', 'shell.audit', 'gone.orders']
        .concat(
          ['events', 'events_2024', 'events_2025'].flatMap((table) => [`public.${table}`, `view.${table}`]),
        )
        .toSorted(),
    )
  })

  test('ends with the run that is stopped', async () => {
    await using database = await sampleDatabase('canary_stop')
    const plan = planFor(database.url, samplePlan)
    await run(plan, [1])
    await using holder = await connect(database.url)
    await holder.query('begin; lock table users in exclusive mode')
    const stop = new AbortController()
    const failure = await failureOf(
      run(plan, [2], {
        signal: stop.signal,
        on: ({ type }) => {
          if (type === 'action:retry') stop.abort('SIGINT')
        },
      }),
    )
    expect(failure.code).toBe('interrupted')
    await until(async () => (await runnersOf(database.url)).length === 0)
    await holder.query('rollback')
    const before = await dumpAll(database.url)
    const off = planFor(database.url, { ...samplePlan, canary: { enabled: false } })
    const { events } = await run(off, [2])
    expect(eventsOf(events, 'canary:end')).toEqual([])
    expect(eventsOf(events, 'probe:end').map(({ probe }) => probe)).not.toContain('traffic')
    expect(await dumpAll(database.url)).not.toEqual(before)
  })
})

/** What pg_dump says of the tables, without their rows. */
async function dumpStructure(url: string): Promise<string[]> {
  const rows = await rowsOf<{ line: string }>(
    url,
    `select n.nspname || '.' || c.relname || ' ' || c.relkind::text as line from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'chain', 'migrate_stage') order by 1`,
  )
  return rows.map(({ line }) => line)
}
