import { expect, test } from '@jest/globals'
import { connect, sql } from '../support/client.ts'
import { planFor } from '../support/plan.ts'
import { problems, run, undo } from '../support/run.ts'
import { samplePlan } from '../support/sample.ts'
import { RunnerPool } from './runner-process.ts'
import { Scene } from './scene.ts'

const change = `grant references on public.users to test_reader; revoke update on accounts.users from test_writer;
  grant trigger on accounts.users to test_reader`

test('a runner killed while it carries privileges over, and before the switch: the next command does it once', async () => {
  await using pool = new RunnerPool()
  await using scene = await Scene.after([1])
  const numbers = await momentsOf(scene, pool)
  for (const number of process.env['SOAK'] ? numbers : numbers.slice(1, 2)) {
    await using database = await scene.copy()
    await sql(database.url, change)
    await pool.perform({
      url: database.url,
      sketch: samplePlan,
      command: { execute: [2] },
      kill: { at: 'event', number },
    })
    const plan = planFor(database.url, samplePlan)
    // Meanwhile what was carried over is revoked again: nobody may bring it back.
    await sql(database.url, 'revoke trigger on public.users from test_reader')
    await run(plan, [2], { waitMs: 10_000 })
    expect(await problems(plan)).toEqual([])
    await undo(plan, { phase: 2 })
    await using client = await connect(database.url)
    const rows = await client.rows(
      `select has_table_privilege('test_reader', n, 'references') as given, has_table_privilege('test_writer', n, 'update') as revoked
         from unnest(array['public.users', 'accounts.users']) n`,
    )
    expect(rows).toEqual([
      { given: true, revoked: false },
      { given: true, revoked: false },
    ])
    // Before it was carried over, there was nothing to revoke by the old name.
    expect(await client.value(`select has_table_privilege('test_reader', 'accounts.users', 'trigger')`)).toBe(
      number === numbers[0],
    )
  }
})

/** The events before privileges are carried over, after it, and before the phase. */
async function momentsOf(scene: Scene, pool: RunnerPool): Promise<number[]> {
  await using database = await scene.copy()
  await sql(database.url, change)
  await using runner = await pool.start({
    url: database.url,
    sketch: samplePlan,
    command: { execute: [2] },
  })
  await runner.end()
  const numbers = ['run:start', 'notice', 'phase:start'].map(
    (type) => runner.events.findIndex(({ text }) => (JSON.parse(text) as { type: string }).type === type) + 1,
  )
  expect(numbers.every((number) => number > 0)).toBe(true)
  return numbers
}
