import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  createResolver,
  type Problem,
  type Resolver,
  type ResolverOptions,
} from '../../../src/resolver/index.ts'
import { LeastRecent } from '../../../src/resolver/least-recent.ts'

const snapshot = {
  ...{ format: 1, plan: 'shop', hash: 'abc', epoch: 1 },
  services: { accounts: { schema: 'accounts', database: 'shop', searchPath: ['accounts', 'public'] } },
  names: [
    {
      ...{ class: 'relation', schema: 'public', name: 'users', target: 'accounts', service: 'accounts' },
      ...{ of: 'users', state: 'moved', keepsOld: true },
    },
  ],
}

/** Rows for a statement of about so many bytes. */
function values(bytes: number, mark = 'x'): string {
  return new Array(Math.ceil(bytes / 20)).fill(`('${mark}${'y'.repeat(14)}')`).join(', ')
}

function insert(bytes: number, mark = 'x'): string {
  return `insert into users values ${values(bytes, mark)}`
}

const toThread = jest.spyOn(Worker.prototype, 'postMessage')
let problems: Problem[]

async function open(options: Partial<ResolverOptions> = {}): Promise<Resolver> {
  return createResolver({ snapshot, onProblem: (problem) => problems.push(problem), ...options })
}

beforeEach(() => {
  problems = []
  toThread.mockClear()
})

afterEach(() => expect(problems).toEqual([]))

/** What the driver would be given, in order; answers at once. */
class Client {
  readonly sent: string[] = []
  query(...call: unknown[]): unknown {
    const [query] = call
    this.sent.push(String((query as { text?: unknown }).text ?? query).slice(0, 40))
    const callback = call.find((each) => typeof each === 'function') as
      ((error: unknown, rows: string) => void) | undefined
    callback?.(undefined, 'rows')
    return callback === undefined ? Promise.resolve('rows') : undefined
  }
  connect(): unknown {
    return Promise.resolve(this)
  }
  release(): void {
    this.sent.push('released')
  }
}

const short = 'select * from users where id = 1'
const rewritten = 'select * from accounts.users where id = 1'.slice(0, 40)
const long = "insert into accounts.users values ('xyyyy".slice(0, 40)

describe('a long text', () => {
  test('is rewritten in a thread of its own when it is new, and not at all when it is known', async () => {
    const resolver = await open()
    const client = new Client()
    const pool = resolver.wrap(client)
    await expect(pool.query(insert(200_000) as never)).resolves.toBe('rows')
    expect([client.sent, toThread.mock.calls.length]).toEqual([[long], 1])
    await pool.query(insert(200_000))
    expect([client.sent, toThread.mock.calls.length]).toEqual([[long, long], 1])
    const all = await Promise.all([
      resolver.rewriteAsync(insert(900_000, 'z')),
      resolver.rewriteAsync(insert(900_000, 'z')),
    ])
    expect(all[0] === insert(900_000, 'z').replace('into users', 'into accounts.users')).toBe(true)
    expect([all[1] === all[0], toThread.mock.calls.length]).toEqual([true, 2])
    // The first brings the mapping with it, later ones do not.
    expect(toThread.mock.calls.map(([task]) => 'moves' in (task as object))).toEqual([true, false])
  })

  test('is rewritten here where it must be answered at once, or is short, or names nothing that moves', async () => {
    const resolver = await open()
    expect(resolver.rewrite(insert(20_000)).slice(0, 26)).toBe('insert into accounts.users')
    expect(await resolver.rewriteAsync(short)).toContain('from accounts.users')
    expect(await resolver.rewriteAsync(insert(20_000).replace('users', 'others'))).toContain('into others')
    expect(toThread).not.toHaveBeenCalled()
  })

  test('keeps the order of the statements of its client, whichever way they are asked', async () => {
    const resolver = await open()
    const client = new Client()
    const wrapped = resolver.wrapClient(client)
    const cursor = { text: short, submit: () => undefined }
    const answers: unknown[] = []
    const first = wrapped.query({ text: insert(20_000, 'a'), values: [] })
    wrapped.query(insert(20_000, 'a'), (_error: unknown, rows: string) => answers.push(rows))
    expect(wrapped.query(cursor)).toBe(cursor)
    const last = wrapped.query('commit')
    wrapped.release()
    expect(client.sent).toEqual([])
    await Promise.all([first, last])
    await new Promise(setImmediate)
    expect(answers).toEqual(['rows'])
    expect(client.sent).toEqual([
      ...[long.replace("'x", "'a"), long.replace("'x", "'a"), rewritten, 'commit', 'released'],
    ])
    // And then nothing waits for anything.
    void wrapped.query(short)
    expect(client.sent.at(-1)).toBe(rewritten)
  })

  test('is sent by the mapping of the moment in which it is sent', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'pg-relocate-long-')), 'mapping.json')
    const document = (epoch: number, target: string): string => {
      const names = snapshot.names.map((each) => ({ ...each, target, service: target }))
      const services = { [target]: { schema: target, database: 'shop', searchPath: [target] } }
      return JSON.stringify({ ...snapshot, epoch, names, services })
    }
    await writeFile(file, document(1, 'accounts'))
    await using resolver = await createResolver({ file, pollMs: 3_600_000 })
    const client = new Client()
    toThread.mockImplementationOnce(function (this: Worker, task: unknown) {
      // The text is under way by the old mapping when the new one comes.
      void writeFile(file, document(2, 'others'))
        .then(() => resolver.refresh())
        .then(() => this.postMessage(task))
    })
    await resolver.wrapClient(client).query(insert(30_000, 'm'))
    expect(client.sent).toEqual([insert(100, 'm').replace('users', 'others.users').slice(0, 40)])
  })

  test('that is refused is refused each time, and what comes behind it is sent', async () => {
    const resolver = await open({ undecided: 'throw' })
    const client = new Client()
    const wrapped = resolver.wrapClient(client)
    const broken = `insrt into users values ${values(20_000)}`
    const [a, b] = [wrapped.query(broken), wrapped.query(short)]
    await expect(a).rejects.toMatchObject({ code: 'statement-undecided' })
    await b
    await expect(wrapped.query(broken)).rejects.toMatchObject({ code: 'statement-undecided' })
    const heard: unknown[] = []
    wrapped.query(`insrt into users values ${values(30_000)}`, (error: unknown) => heard.push(error))
    const failing = {
      text: `insrt users ${values(40_000)}`,
      submit: () => undefined,
      handleError: (error: unknown) => heard.push(error),
    }
    wrapped.query(failing)
    await wrapped.query(short)
    await new Promise(setImmediate)
    expect(heard).toMatchObject([{ code: 'statement-undecided' }, { code: 'statement-undecided' }])
    expect(client.sent).toEqual([rewritten, rewritten])
  })

  test('is rewritten here where the thread ends under it', async () => {
    const resolver = await open()
    toThread.mockImplementationOnce(function (this: Worker) {
      void this.terminate()
    })
    expect(await resolver.rewriteAsync(insert(20_000, 'e'))).toContain('into accounts.users')
    expect(problems.map(({ kind }) => kind)).toEqual(['blocking'])
    problems = []
    expect(await resolver.rewriteAsync(insert(20_000, 'f'))).toContain('into accounts.users')
    expect(toThread).toHaveBeenCalledTimes(2)
  })
})

describe('a text of more than 1 MiB', () => {
  const huge = insert(1_100_000)

  test('is sent as it is and told', async () => {
    const resolver = await open()
    expect((await resolver.rewriteAsync(huge)) === huge).toBe(true)
    expect(resolver.rewrite(huge) === huge).toBe(true)
    expect(problems.map(({ kind, text }) => [kind, text])).toContainEqual([
      'unread',
      'it was sent unchanged: it is longer than 1 MiB',
    ])
    problems = []
  })

  test('is an error where that is wanted, and no other is', async () => {
    const resolver = await open({ tooLong: 'error' })
    await expect(resolver.rewriteAsync(huge)).rejects.toMatchObject({ code: 'statement-undecided' })
    const others = huge.replace('users', 'others')
    expect(resolver.rewrite(others) === others).toBe(true)
    expect(resolver.rewrite('insrt into users')).toBe('insrt into users')
    expect(problems.map(({ kind }) => kind)).toEqual(['unread'])
    problems = []
  })
})

test('what is kept is bounded by bytes', () => {
  const kept = new LeastRecent<{ text: string }>(10, 100)
  for (const key of ['a', 'b', 'c']) kept.set(key.repeat(10), { text: key.repeat(10) })
  expect(['a', 'b', 'c'].map((key) => kept.get(key.repeat(10)) !== undefined)).toEqual([true, true, true])
  kept.set('d'.repeat(10), { text: 'e'.repeat(15) })
  expect(['a', 'b', 'c', 'd'].map((key) => kept.get(key.repeat(10)) !== undefined)).toEqual([
    ...[false, true, true, true],
  ])
  kept.set('f'.repeat(60), { text: 'g' })
  expect(kept.get('f'.repeat(60))).toBeUndefined()
})
