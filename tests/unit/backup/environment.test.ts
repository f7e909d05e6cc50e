import { describe, expect, test } from '@jest/globals'
import { toolEnvironment } from '../../../src/backup/environment.ts'

const from = (url: string, env: NodeJS.ProcessEnv = {}) =>
  toolEnvironment({ alias: 'a', url }, { database: 'shop db' }, 'migrate/shop/backup', env)

describe('toolEnvironment', () => {
  test('hands over what the connection string says', () => {
    const url =
      'postgresql://ann:p%40ss%20word@[::1]:6543/shop%20db?sslmode=disable&options=-c%20geqo%3Doff&connect_timeout=3'
    expect(from(url)).toMatchObject({
      PGHOST: '::1',
      PGPORT: '6543',
      PGUSER: 'ann',
      PGPASSWORD: 'p@ss word',
      PGDATABASE: 'shop db',
      PGAPPNAME: 'migrate/shop/backup',
      PGSSLMODE: 'disable',
      PGOPTIONS: '-c geqo=off -c search_path=pg_catalog,pg_temp',
      PGCONNECT_TIMEOUT: '3',
      LC_ALL: 'C',
    })
  })

  test('falls back to the environment as the driver does, and knows a socket', () => {
    const env = { PGHOST: 'db', PGPORT: '1', PGUSER: 'bob', PGPASSWORD: 'x', PGPASSFILE: '/f', PATH: '/bin' }
    expect(from('postgresql:///shop', env)).toMatchObject(env)
    expect(from('postgresql:///shop', { USER: 'eve' })).toMatchObject({ PGHOST: 'localhost', PGUSER: 'eve' })
    expect(from('postgresql:///shop?host=/run/postgresql')).toMatchObject({ PGHOST: '/run/postgresql' })
  })

  test.each([
    ['no-verify', 'require'],
    ['disable', 'disable'],
  ])('says sslmode=%s in libpq’s words', (mode, word) => {
    expect(from(`postgresql://h/d?sslmode=${mode}`)['PGSSLMODE']).toBe(word)
  })

  test('drops what would lead libpq to another server than the driver', () => {
    const env = from('postgresql://h/d', {
      PGSERVICE: 'other',
      PGHOSTADDR: '10.0.0.1',
      PGCLIENTENCODING: 'x',
    })
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['PGSERVICE']))
    expect(env['PGHOSTADDR'] ?? env['PGCLIENTENCODING']).toBeUndefined()
  })
})
