import { expect, test } from '@jest/globals'
import { startCluster } from '../support/cluster.ts'
import { sql } from '../support/client.ts'
import { dumpAll } from '../support/dump.ts'
import { planFor } from '../support/plan.ts'
import { problems, run, undo } from '../support/run.ts'
import { sample, samplePlan, sampleRoles } from '../support/sample.ts'
import { endState, Scene } from './scene.ts'

test.each(['test', 'lease'])(
  'the %s session is terminated again and again: the same command goes on',
  async (session) => {
    await using scene = await Scene.after([])
    const command = { execute: [1, 2, 3] }
    const end = await scene.undisturbed(command)
    await using database = await scene.copy()
    const plan = planFor(database.url, scene.sketch)
    const codes = new Set<string>()
    let isDone = false
    for (let at = 2; !isDone; at += 9) {
      let seen = 0
      let terminated: Promise<void> = Promise.resolve()
      const doing = run(plan, command.execute, {
        waitMs: 10_000,
        on: () => {
          seen += 1
          if (seen === at) terminated = terminate(database.url, `migrate/shop/${session}`)
        },
      })
      isDone = await doing.then(
        () => true,
        (error: unknown) => {
          codes.add((error as { code: string }).code)
          return false
        },
      )
      await terminated
    }
    expect([...codes].filter((code) => !['connection-lost', 'lease-lost'].includes(code))).toEqual([])
    expect(await endState(database.url)).toEqual(end)
  },
)

test('the server is killed again and again: after each start the same command goes on', async () => {
  await using cluster = await startCluster()
  await sampleRoles(cluster)
  const seed = await cluster.createDatabase('seed')
  await sql(seed, sample)
  const [calm, hit] = [
    await cluster.createDatabase('calm', 'seed'),
    await cluster.createDatabase('hit', 'seed'),
  ]
  await run(planFor(calm, samplePlan), [1, 2, 3])
  const plan = planFor(hit, samplePlan)

  /** Kills the server at the nth event, starts it, and does it again until it comes through. */
  const insist = async (doing: (on: () => void) => Promise<unknown>, step: number): Promise<void> => {
    for (let at = step; ; at += step) {
      let seen = 0
      let stopped: Promise<void> | undefined
      const attempt = doing(() => {
        seen += 1
        if (seen === at) stopped = cluster.stop('kill')
      })
      const outcome = await attempt.then(
        () => undefined,
        (error: unknown) => error,
      )
      if (stopped === undefined) {
        expect(outcome).toBeUndefined()
        return
      }
      await stopped
      await cluster.start()
      if (outcome !== undefined) {
        expect(outcome).toMatchObject({ code: 'connection-lost', exitCode: 9 })
      }
    }
  }
  await insist((on) => run(plan, [1, 2, 3], { on, waitMs: 10_000 }), 25)
  expect(await told(hit)).toBe(await told(calm))
  expect(await problems(plan)).toEqual([])
  await insist((on) => undo(plan, { to: 0 }, { on, waitMs: 10_000 }).catch(unlessNothing), 25)
  expect(await told(hit)).toBe(await told(seed))
})

/** A server that crashed goes on with its sequences up to 32 numbers later, as its WAL says. */
async function told(url: string): Promise<string> {
  return (await dumpAll(url)).replaceAll(/^SELECT pg_catalog\.setval.*\n/gm, '')
}

async function terminate(url: string, application: string): Promise<void> {
  await sql(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = '${application}'`,
  )
}

function unlessNothing(error: unknown): void {
  if ((error as { code?: unknown }).code !== 'phase-not-run') throw error
}
