import { afterAll, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Desk } from '../cli/desk.ts'
import { connect, sql } from '../support/client.ts'
import { sharedCluster, startCluster } from '../support/cluster.ts'
import { testWithPgDump } from '../support/needing.ts'
import { planText, type PlanSketch } from '../support/plan.ts'
import { until } from '../support/process.ts'
import { sample, sampleDatabase, samplePlan, sampleRoles } from '../support/sample.ts'
import { Chain, failuresOf } from './journey.ts'
import { Page, Shell } from './page.ts'

const page = await Page.read('docs/when-it-goes-wrong.md')

/** A desk with a plan whose URL comes from the environment, and a shell at it. */
interface Seat extends AsyncDisposable {
  readonly desk: Desk
  readonly shell: Shell
}

async function seat(url: string, sketch: PlanSketch): Promise<Seat> {
  const desk = await Desk.open()
  await desk.write('shop.yaml', planText('${DATABASE_URL}', sketch))
  await mkdir(join(desk.dir, 'backups'))
  const { binaries } = sharedCluster()
  const database = new URL(url).pathname.slice(1)
  const shell = await Shell.open(desk.dir, binaries.bin, { DATABASE_URL: url, DATABASE: database })
  return { desk, shell, [Symbol.asyncDispose]: () => desk[Symbol.asyncDispose]() }
}

const quick: PlanSketch = { ...samplePlan, defaults: { lockRetry: '1s', backup: 'none' } }

test('a lock that is never granted', async () => {
  await using database = await sampleDatabase('wrong_lock')
  await using at = await seat(database.url, quick)
  const { shell } = at
  const [first, locked] = [page.section('the beginning'), page.section('A lock is never granted')]
  expect((await shell.run('migrate execute --phase 1 --yes')).code).toBe(0)
  expect((await first.run(shell)).stdout).toContain('next: migrate execute --phase 2')
  await using holder = await connect(database.url, 'billing-api')
  await holder.query('begin; select count(*) from public.users')
  const pid = String(await holder.value('select pg_backend_pid()'))
  const refused = await locked.run(shell)
  expect(refused.code).toBe(6)
  expect(refused.stderr).toContain('billing-api')
  expect(refused.stderr).toContain(pid)
  // Its session is ended under it.
  holder.on('error', () => undefined)
  expect((await locked.run(shell.with({ PID: pid }))).code).toBe(0)
  expect((await locked.run(shell)).code).toBe(0)
  const journal = page.section('Everything else')
  expect((await journal.run(shell)).stdout).toContain('done')
  expect((await journal.run(shell)).stdout).toContain('phase:end')
})

test('a probe that fails', async () => {
  await using database = await sampleDatabase('wrong_probe')
  await using at = await seat(database.url, {
    ...quick,
    probes: {
      sql: {
        'nobody-broken': {
          sql: `select id from accounts.users where state = 'broken'`,
          expect: { empty: true },
        },
      },
    },
  })
  const { shell } = at
  await shell.run('migrate execute --phase 1 --yes')
  await sql(database.url, `update public.users set state = 'broken' where id = 7`)
  const refused = await shell.run('migrate execute --phase 2 --yes')
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('error[probe-failed]')])
  const failed = page.section('A probe failed')
  expect((await failed.run(shell)).stdout).toContain('nobody-broken')
  expect((await failed.run(shell)).code).toBe(5)
  await sql(database.url, `update public.users set state = 'new' where id = 7`)
  expect((await failed.run(shell)).code).toBe(0)
})

test('a dead runner', async () => {
  await using database = await sampleDatabase('wrong_runner')
  await using at = await seat(database.url, quick)
  const { desk, shell } = at
  await shell.run('migrate execute --phase 1 --yes')
  const child = desk.start(['execute', '--phase', '2', '--yes', '--json'], { DATABASE_URL: database.url })
  for await (const line of createInterface({ input: child.stderr! }))
    if ((JSON.parse(line) as { type: string }).type === 'step:start') break
  child.kill('SIGKILL')
  await once(child, 'exit')
  const dead = page.section('The runner is dead')
  expect((await dead.run(shell)).stdout).toContain('next: ')
  expect((await dead.run(shell)).code).toBe(0)
})

test('another machine with nothing but the plan rolls back under load', async () => {
  await using chain = await Chain.build(12)
  const sketch: PlanSketch = { name: 'chain', services: { chain: ['t*'] } }
  const { desk, shell } = await seat(chain.url, sketch)
  await shell.run('migrate execute --to 2 --yes')
  await desk[Symbol.asyncDispose]()
  const old = await chain.load({ applicationName: 'old', styles: ['unqualified', 'public'] })
  const recent = await chain.load({ applicationName: 'new', styles: ['schema'] })
  const work = async (statements: number): Promise<void> => {
    for (const load of [old, recent]) {
      const before = (await load.report()).statements
      await until(async () => (await load.report()).statements >= before + statements)
    }
  }
  await work(150)
  await using fresh = await seat(chain.url, sketch)
  const answer = await page.section('The machine of the runner is gone').run(fresh.shell)
  expect([answer.code, answer.stderr.includes('error')]).toEqual([0, false])
  await work(150)
  for (const load of [old, recent]) expect(failuresOf(await load.stop())).toEqual([])
  expect(await chain.check('public')).toMatchObject({ isComplete: true, complaints: [], unknown: 0 })
})

test('a server that is restarted in the middle', async () => {
  await using cluster = await startCluster()
  await sampleRoles(cluster)
  const url = await cluster.createDatabase('wrong_restart')
  await sql(url, sample)
  await using at = await seat(url, quick)
  const { desk, shell } = at
  await shell.run('migrate execute --phase 1 --yes')
  const child = desk.start(['execute', '--phase', '2', '--yes', '--json'], { DATABASE_URL: url })
  for await (const line of createInterface({ input: child.stderr! }))
    if ((JSON.parse(line) as { type: string }).type === 'step:start') break
  const exit = once(child, 'exit')
  await cluster.stop('immediate')
  expect(await exit).toEqual([9, null])
  await cluster.start()
  const restarted = page.section('The server was restarted in the middle')
  expect((await restarted.run(shell)).code).toBe(0)
  expect((await restarted.run(shell)).code).toBe(0)
})

test('a mapping that was wrong, noticed after a day of writes', async () => {
  await using chain = await Chain.build(12)
  await using at = await seat(chain.url, { name: 'chain', services: { chain: ['t*'] } })
  const { desk, shell } = at
  await shell.run('migrate execute --to 2 --yes')
  const old = await chain.load({ applicationName: 'old', styles: ['unqualified', 'public'] })
  const work = async (): Promise<void> => {
    const before = (await old.report()).statements
    await until(async () => (await old.report()).statements >= before + 200)
  }
  await work()
  const wrong = page.section('The mapping was wrong, noticed after a day of writes')
  expect((await wrong.run(shell)).code).toBe(0)
  await work()
  await desk.write('shop.yaml', planText('${DATABASE_URL}', { name: 'chain', services: { better: ['t*'] } }))
  expect((await wrong.run(shell)).stdout).toContain('better')
  expect((await wrong.run(shell)).code).toBe(0)
  await work()
  expect(failuresOf(await old.stop())).toEqual([])
  expect(await chain.check('better')).toMatchObject({ isComplete: true, complaints: [], unknown: 0 })
})

testWithPgDump('a disk that is full', async () => {
  await using database = await sampleDatabase('wrong_disk')
  await using at = await seat(database.url, { ...samplePlan, defaults: { backup: 'first-phase' } })
  const { desk, shell } = at
  const full = page.section('The disk is full')
  // A file system of its own for backups/, as small as the backup is not; it is gone with the command.
  await writeFile(join(desk.dir, 'small.sh'), `mount -t tmpfs -o size=16k tmpfs backups && exec "$@"`)
  const small = shell.within('unshare', '--map-root-user', '--mount', 'sh', 'small.sh')
  const failed = await small.run('migrate execute --phase 1 --yes')
  expect([failed.code, failed.stderr]).toEqual([6, expect.stringContaining('error[disk-full]')])
  await shell.run('migrate backup take; migrate backup take')
  expect((await full.run(shell)).stdout).toContain('Avail')
  expect((await full.run(shell)).stdout).toContain('backups/shop')
  expect((await full.run(shell)).code).toBe(0)
  expect(await readdir(join(desk.dir, 'backups', 'shop'))).toHaveLength(2)
  expect((await full.run(shell)).code).toBe(0)
  expect(await readdir(join(desk.dir, 'backups', 'shop'))).toHaveLength(1)
  expect((await full.run(shell)).code).toBe(0)
})

testWithPgDump('damaged data', async () => {
  await using database = await sampleDatabase('wrong_data')
  await using at = await seat(database.url, { ...samplePlan, defaults: { backup: 'first-phase' } })
  const { desk, shell } = at
  await shell.run('migrate execute --to 2 --yes')
  await using client = await connect(database.url)
  const whole = await client.rows('select id, email, note from accounts.users order by id')
  await client.query(`update public.users set note = 'overwritten'; delete from public.orders`)
  const damaged = page.section('The data itself is damaged: restore, the last resort')
  const [folder] = await readdir(join(desk.dir, 'backups', 'shop'))
  const there = shell.with({ BACKUP: join('backups', 'shop', folder!) })
  expect((await damaged.run(there)).stdout).toContain(folder)
  expect((await damaged.run(there)).code).toBe(0)
  expect((await damaged.run(there)).code).toBe(0)
  const rows = (): Promise<unknown[]> => client.rows('select id, email, note from accounts.users order by id')
  const overwritten = await rows()
  expect((await damaged.run(there)).code).toBe(0)
  expect(await rows()).toEqual(overwritten)
  expect((await damaged.run(there)).code).toBe(0)
  expect(await rows()).toEqual(whole)
  const kept = (await damaged.run(there)).stdout
  expect((await shell.run('migrate status')).stdout).toContain('old rows of restores')
  const id = (text: string): string => /\b(\d+)\b/.exec(text)![1]!
  expect((await damaged.run(there.with({ ID: id(kept) }))).code).toBe(0)
  expect(await rows()).toEqual(overwritten)
  expect((await damaged.run(there)).code).toBe(0)
  const again = (await shell.run('migrate restore --list')).stdout
  expect(await damaged.run(there.with({ ID: id(again) }))).toMatchObject({ code: 0 })
  expect(await rows()).toEqual(whole)
  // Only the table that was asked for.
  expect(await client.value('select count(*)::int from public.orders')).toBe(0)
})

afterAll(() => {
  if (sharedCluster().binaries.canDump) expect(page.notRun).toEqual([])
})
