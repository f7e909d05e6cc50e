import { expect, test } from '@jest/globals'
import { installEmbedded } from '../../scripts/cluster/binaries.ts'
import { Desk } from '../cli/desk.ts'
import { rowsOf, sql } from '../support/client.ts'
import { startCluster } from '../support/cluster.ts'

test('a server older than PostgreSQL 14 is refused by every command, and is let alone', async () => {
  await using cluster = await startCluster({ binaries: await installEmbedded(13) })
  const url = await cluster.createDatabase('shop')
  await sql(url, 'create table public.users (id serial primary key)')
  await using desk = await Desk.open()
  await desk.sketch('shop.yaml', url, { services: { accounts: ['users'] } })
  const commands = [
    ['execute', '--phase', '1', '--yes'],
    ['plan'],
    ['status'],
    ['verify'],
    ['rollback', '--to', '0', '--yes'],
    ['uninstall', '--confirm', 'shop'],
  ]
  for (const command of commands) {
    const { code, error } = await desk.failure(command)
    expect([command[0], code, error.code, error.state.kind]).toEqual([
      command[0],
      4,
      'server-unsupported',
      'untouched',
    ])
    expect(error.message).toMatch(/^database "db" runs PostgreSQL 13\.\d+; 14 is the oldest supported$/)
    expect(error.next).not.toEqual([])
  }
  const schemas = await rowsOf<{ nspname: string }>(
    url,
    `select nspname from pg_namespace where nspname !~ '^pg_|^information_schema$'`,
  )
  expect(schemas.map(({ nspname }) => nspname)).toEqual(['public'])
}, 300_000)
