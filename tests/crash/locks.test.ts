import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { connect, rowsOf, sql } from '../support/client.ts'
import type { FreshDatabase } from '../support/database.ts'
import { runnersOf } from '../support/dump.ts'
import { until } from '../support/process.ts'
import { samplePlan } from '../support/sample.ts'
import { endState, Scene, type EndState } from './scene.ts'
import { RunnerPool } from './runner-process.ts'

const command = { execute: [2] }
/** A budget that leaves the test time to kill a runner that waits. */
const patient = { defaults: { stallBudget: '10s' } }

let pool: RunnerPool
let scene: Scene
let end: EndState
let database: FreshDatabase

beforeAll(async () => {
  pool = new RunnerPool(1)
  scene = await Scene.after([1], { ...samplePlan, ...patient })
  end = await scene.undisturbed(command)
})

beforeEach(async () => {
  await (database as FreshDatabase | undefined)?.[Symbol.asyncDispose]()
  database = await scene.copy()
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
  await pool[Symbol.asyncDispose]()
  await scene[Symbol.asyncDispose]()
})

const job = (): Parameters<RunnerPool['start']>[0] => ({ url: database.url, sketch: scene.sketch, command })

test('a runner killed while it waits for a lock: its statement is not carried out later', async () => {
  const before = await endState(database.url)
  await using reader = await connect(database.url, 'reader')
  await reader.query('begin; select count(*) from public.users')
  await using runner = await pool.start(job())
  await until(() => runner.told('action:retry') >= 4)
  await until(() => isWaiting('Lock'))
  runner.signal('SIGKILL')
  await runner.end()
  await until(async () => (await runnersOf(database.url)).length === 0, 5_000, 'the end of its sessions')
  await reader.query('commit')
  expect((await endState(database.url)).dump).toBe(before.dump)
  await scene.perform(database, command)
  expect(await endState(database.url)).toEqual(end)
})

test('a runner killed while it holds the locks: they are let go, and nothing of it stays', async () => {
  const before = await endState(database.url)
  await sql(
    database.url,
    `create function public.hold() returns event_trigger language plpgsql as
       $$ begin if current_setting('application_name') like 'migrate/%' then perform pg_sleep(60); end if; end $$;
     create event trigger hold on ddl_command_end when tag in ('ALTER TABLE') execute function public.hold()`,
  )
  await using runner = await pool.start(job())
  await until(() => isWaiting('Timeout'))
  expect(await rowsOf(database.url, locked)).not.toEqual([])
  runner.signal('SIGKILL')
  await runner.end()
  await until(
    async () => (await rowsOf(database.url, locked)).length === 0,
    5_000,
    'the release of its locks',
  )
  await sql(database.url, 'drop event trigger hold; drop function public.hold()')
  await until(async () => (await runnersOf(database.url)).length === 0)
  expect((await endState(database.url)).dump).toBe(before.dump)
  await scene.perform(database, command)
  expect(await endState(database.url)).toEqual(end)
})

test('an event trigger that refuses the move: nothing is changed, and the run goes on when it is gone', async () => {
  const before = await endState(database.url)
  await sql(
    database.url,
    `create function public.refuse() returns event_trigger language plpgsql as
       $$ begin raise exception 'no changes on Fridays'; end $$;
     create event trigger refuse on ddl_command_start when tag in ('ALTER TABLE') execute function public.refuse()`,
  )
  await using runner = await pool.start(job())
  expect(await runner.end()).toMatchObject({
    error: {
      code: 'statement-failed',
      exitCode: 6,
      message: expect.stringContaining('no changes on Fridays'),
    },
  })
  await sql(database.url, 'drop event trigger refuse; drop function public.refuse()')
  expect((await endState(database.url)).dump).toBe(before.dump)
  await scene.perform(database, command)
  expect(await endState(database.url)).toEqual(end)
})

test('a runner killed while the sequences were detached: forward and back both put them right', async () => {
  await using reader = await connect(database.url, 'reader')
  await reader.query('begin; select count(*) from public.users')
  await using runner = await pool.start(job())
  await until(() => runner.told('action:retry') >= 5)
  runner.signal('SIGKILL')
  await runner.end()
  await reader.query('commit')
  await scene.perform(database, command)
  expect(await endState(database.url)).toEqual(end)

  const back = { rollback: { phase: 2 } }
  await reader.query('begin; select count(*) from accounts.users')
  await using second = await pool.start({ ...job(), command: back, waitMs: 5_000 })
  await until(() => second.told('action:retry') >= 5)
  second.signal('SIGKILL')
  await second.end()
  await reader.query('commit')
  await scene.perform(database, command)
  expect(await endState(database.url)).toEqual(end)
})

const locked = `select 1 from pg_locks l join pg_stat_activity a using (pid)
  where a.datname = current_database() and a.application_name like 'migrate/%' and l.mode = 'AccessExclusiveLock'`

async function isWaiting(type: string): Promise<boolean> {
  const rows = await rowsOf(
    database.url,
    `select 1 from pg_stat_activity
      where datname = current_database() and application_name like 'migrate/%' and wait_event_type = '${type}'`,
  )
  return rows.length > 0
}
