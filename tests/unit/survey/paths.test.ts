import { describe, expect, test } from '@jest/globals'
import { levelsOf, pathInForce, type SearchPaths } from '../../../src/catalog/search-paths.ts'
import { earlyPathsOf, earlyReach, type Ground } from '../../../src/survey/early-paths.ts'
import { pathsSetBy, putLast, splitPath, withNewSchemas } from '../../../src/survey/search-path.ts'

const paths: SearchPaths = {
  settings: [
    { role: null, at: 'all roles', path: 'everywhere' },
    { role: null, at: 'database', path: '"$user", public, extensions' },
    { role: 'app', at: 'role', path: 'app, public' },
    { role: 'app', at: 'role in database', path: 'public' },
  ],
  server: '"$user", public',
}

/** Schema billing is made by expand, public and app are there; everyone may use them but `outsider`. */
const ground: Ground = {
  sources: new Map([['billing', new Set(['public'])]]),
  holds: (schema) => schema === 'public' || schema === 'tenant',
  access: (role, schema) => ({
    has: ['public', 'app', 'tenant'].includes(schema),
    willHave: ['public', 'app', 'tenant'].includes(schema) || (schema === 'billing' && role !== 'outsider'),
  }),
}
/** The same where the schema was there and could be used before. */
const there: Ground = { ...ground, access: () => ({ has: true, willHave: true }) }

test('of the paths that are set for a role the nearest is in force', () => {
  expect(levelsOf(paths, 'app').map(({ at }) => at)).toEqual([
    'role in database',
    'role',
    'database',
    'all roles',
    'server',
  ])
  expect(pathInForce(paths, 'app')).toBe('public')
  expect(pathInForce(paths, 'other')).toBe('"$user", public, extensions')
  expect(pathInForce({ ...paths, settings: paths.settings.slice(0, 1) }, null)).toBe('everywhere')
})

test('a path is read as the server reads it', () => {
  expect(splitPath(`"$user", Public,"a ""b"" , c",  d`)).toEqual(['$user', 'public', 'a "b" , c', 'd'])
})

describe('a new schema is reached early', () => {
  test.each([
    ['billing, public', 'app', ['public']],
    ['app, billing, public', 'app', ['public']],
    ['"$user", public', 'billing', ['public']],
    ['pg_temp, pg_catalog, billing, public', 'app', ['public']],
    // Created and current_schema() were in app until now.
    ['billing, app', 'app', ['app']],
    ['billing, tenant, public', 'app', ['tenant', 'public']],
  ])('by the path %s of role %s', (path, role, behind) => {
    expect(earlyReach(splitPath(path), role, ground)).toMatchObject([{ target: 'billing', behind }])
  })

  test.each([
    ['behind the old one', 'public, billing', 'app'],
    ['twice, but first behind it', 'public, billing, public', 'app'],
    ['with nothing behind it: this is new code', 'billing', 'app'],
    ['nor with schemas that are not there', 'billing, nowhere, pg_temp', 'app'],
    ['by a role that is not let in', 'billing, public', 'outsider'],
    [
      'behind a schema in which things are created, where nothing has its names',
      'public, billing, app',
      'app',
    ],
    ['by "$user" of another name', '"$user", public', 'app'],
  ])('not %s', (_, path, role) => {
    expect(earlyReach(splitPath(path), role, ground)).toEqual([])
  })

  test('where it was there before, for what has the same names only', () => {
    expect(earlyReach(['billing', 'app'], 'app', there)).toEqual([])
    expect(earlyReach(['billing', 'app', 'public'], 'app', there)).toEqual([
      { target: 'billing', behind: ['public'], isFirst: false },
    ])
  })

  test('after SET ROLE, and by a session that is older than the setting', () => {
    const found = earlyPathsOf(paths, { role: 'app', becomes: ['billing'] }, ground)
    expect(found).toMatchObject([
      { at: 'database', user: 'billing', isInForce: false },
      { at: 'server', user: 'billing' },
    ])
    const [member] = earlyPathsOf(paths, { role: 'clerk', becomes: ['billing'] }, ground)
    expect(member).toMatchObject({ at: 'database', role: 'clerk', user: 'billing', isInForce: true })
  })
})

test('the schema that comes too early is put last, before pg_temp at the end', () => {
  const isLate = (schema: string): boolean => schema === 'svc' || schema === '$user'
  expect(putLast(['$user', 'svc', 'public', 'x', 'pg_temp'], isLate)).toEqual([
    'public',
    'x',
    '$user',
    'svc',
    'pg_temp',
  ])
  expect(putLast(['pg_temp', 'svc', 'public'], isLate)).toEqual(['pg_temp', 'public', 'svc'])
})

test('new schemas come right behind the one that tables leave, or before pg_temp at the end', () => {
  const mappings = [
    { compat: 'search-path', source: 'public', target: 'b' },
    { compat: 'search-path', source: 'public', target: 'a' },
    { compat: 'search-path', source: 'app', target: 'c' },
    { compat: 'view', source: 'public', target: 'd' },
    { compat: 'search-path', source: 'public', target: 'e' },
    { compat: 'search-path', source: 'old', target: 'e' },
  ]
  const put = (path: string): string => withNewSchemas(splitPath(path), mappings).join(', ')
  expect(put('"$user", public, tools, pg_temp')).toBe('$user, public, b, a, e, tools, c, pg_temp')
  expect(put('app, a, public, old')).toBe('app, c, a, public, b, old, e')
  expect(put(put('public'))).toBe(put('public'))
})

test.each([
  ['set search_path = svc, public', [['svc', 'public']]],
  ['SET LOCAL search_path TO "Svc", Public;', [['Svc', 'public']]],
  [`set session search_path = 'svc', public`, [['svc', 'public']]],
  [`set search_path to 'svc, public'`, [['svc, public']]],
  [`select set_config('search_path', 'svc, public', false)`, [['svc', 'public']]],
  [`begin set local search_path = a; perform 1; set search_path = b, c; end`, [['a'], ['b', 'c']]],
  ['set search_path = $1', []],
  ['set search_path to default', []],
  ['alter role app set search_path = svc, public', []],
  [`create function f() returns int language sql set search_path = svc as 'select 1'`, []],
  ['show search_path', []],
])('%s sets %j', (sql, expected) => {
  expect(pathsSetBy(sql)).toEqual(expected)
})
