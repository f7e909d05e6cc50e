import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connect, rowsOf } from '../support/client.ts'
import type { FreshDatabase } from '../support/database.ts'
import { ended, until } from '../support/process.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { answerOf, Desk, migrate, plain } from './desk.ts'

let desk: Desk
let database: FreshDatabase

beforeAll(async () => {
  desk = await Desk.open()
  database = await sampleDatabase('cli_pipes')
  await desk.sketch('shop.yaml', database.url, samplePlan)
})

afterAll(async () => {
  await desk[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

async function states(): Promise<string[]> {
  const rows = await rowsOf<{ state: string }>(
    database.url,
    'select state from migrate.phases order by number',
  )
  return rows.map(({ state }) => state)
}

describe('a pipe that nobody reads any more', () => {
  test('does not end a run half-way', async () => {
    const child = desk.start(['execute', '--phase', '1', '--yes', '--verbose'])
    child.stdout!.destroy()
    await once(child.stderr!, 'data')
    child.stderr!.destroy()
    expect(await ended(child)).toBe(0)
    expect(await states()).toEqual(['done', 'pending', 'pending', 'pending'])
  })

  test.each([
    ['a result', ['plan', '--sql'], 0],
    ['data', ['plan', '--json'], 0],
    ['a failure', ['execute', '--phase', '3', '--yes', '--json'], 4],
  ])('%s that is cut off leaves the exit code and no trace', async (_name, args, code) => {
    const child = desk.start(args)
    child.stdout!.destroy()
    const answer = await Promise.all([ended(child), child.stderr!.toArray()])
    expect([answer[0], Buffer.concat(answer[1] as Buffer[]).toString()]).toEqual([
      code,
      expect.not.stringMatching(/EPIPE|\bat .*:\d+:\d+/),
    ])
  })
})

describe('a signal', () => {
  test('that comes twice within a second is one', async () => {
    await using client = await connect(database.url)
    await client.query('begin; lock table public.users in access share mode')
    const child = desk.start(['execute', '--phase', '2', '--yes'])
    const answer = answerOf(child)
    await until(() => states().then((all) => all[1] === 'running'))
    for (const pauseMs of [0, 0, 100]) {
      await delay(pauseMs)
      child.kill('SIGTERM')
    }
    const { code, stderr } = await answer
    expect([code, stderr]).toEqual([143, expect.stringContaining('error[terminated]')])
    expect(stderr.match(/stopping at the next safe point/g)).toHaveLength(1)
  })

  test('that comes again later ends at once', async () => {
    await using server = createServer((socket) => void socket.on('error', () => undefined).resume()).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const silent = { SILENT: `postgres://nobody@127.0.0.1:${port}/none` }
    const child = desk.start(['doctor', '--database', 'SILENT'], silent)
    await once(server, 'connection')
    child.kill('SIGTERM')
    await once(child.stderr!, 'data')
    await delay(1_100)
    child.kill('SIGTERM')
    expect([await ended(child), child.signalCode]).toEqual([null, 'SIGKILL'])
  })

  test.each([
    ['Ctrl-C', '\u0003', 130, 'error[interrupted]'],
    ['the end of the input', '\u0004', 2, 'error[confirmation-missing]'],
    ['no', 'no\r', 2, 'error[confirmation-missing]'],
  ])('at a question: %s', async (_name, keys, code, said) => {
    const command = [process.execPath, migrate, 'rollback', '--to', '0', '--no-color'].join(' ')
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: desk.dir,
      env: { ...plain(process.env), TERM: 'xterm' },
      stdio: 'pipe',
    })
    let shown = ''
    child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()))
    await until(() => shown.includes('[y/N]'))
    child.stdin.write(keys)
    expect(await ended(child)).toBe(code)
    expect(shown).toContain(said)
    expect(shown).toContain('nothing was done')
    expect(shown).not.toContain('bug')
    child.stdin.end()
  })
})
