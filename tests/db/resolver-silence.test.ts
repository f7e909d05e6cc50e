import { once } from 'node:events'
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createResolver, type Problem } from '../../src/resolver/index.ts'
import { sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { until } from '../support/process.ts'

/** A way to the server that can fall silent: nothing gets through any more, not even that the other side has hung up. */
let isSilent = false
const calls = new Set<Socket>()
const line = createServer({ allowHalfOpen: true }, (socket) => {
  calls.add(socket)
  const far = dial(Number(new URL(database.url).port), '127.0.0.1')
  for (const each of [socket, far]) each.on('error', () => undefined)
  socket.on('data', (data) => isSilent || far.write(data))
  far.on('data', (data) => isSilent || socket.write(data))
  socket.on('end', () => isSilent || far.end())
  far.on('end', () => isSilent || socket.end())
  socket.on('close', () => far.destroy())
})

let database: FreshDatabase

beforeAll(async () => {
  database = await freshDatabase('silence')
  await sql(database.url, 'create schema s; create table s.users ()')
  line.listen(0, '127.0.0.1')
  await once(line, 'listening')
})

afterAll(async () => {
  for (const each of calls) each.destroy()
  line.close()
  await database[Symbol.asyncDispose]()
})

const names = [{ class: 'relation', schema: 'public', name: 'users', target: 's', service: 's', of: 'users' }]
const snapshot = {
  format: 1,
  plan: 'shop',
  hash: 'h',
  epoch: 0,
  services: { s: { schema: 's', database: 'shop', searchPath: ['s'] } },
  names: names.map((each) => ({ ...each, state: 'new' })),
}

async function resolverOf(told: Problem[] = []) {
  isSilent = false
  const connection = new URL(database.url)
  connection.hostname = '127.0.0.1'
  connection.port = String((line.address() as AddressInfo).port)
  return await createResolver({
    snapshot,
    journal: { connection: connection.href, plan: 'shop' },
    pollMs: 600_000,
    onProblem: (problem) => told.push(problem),
  })
}

test('a resolver can be closed though its server says nothing any more', async () => {
  const resolver = await resolverOf()
  isSilent = true
  await resolver.close()
  expect(resolver.table('users')).toBe('s.users')
})

test('and while its server is asked for the mapping, or for a connection', async () => {
  const resolver = await resolverOf()
  isSilent = true
  const asked = resolver.refresh()
  await resolver.close()
  await asked

  const told: Problem[] = []
  const other = await resolverOf(told)
  isSilent = true
  for (const each of calls) each.destroy()
  const before = calls.size
  await until(() => calls.size > before)
  await other.close()
  expect(told).toEqual([])
})
