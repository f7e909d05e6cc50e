import { describe, expect, test } from '@jest/globals'
import { exitProbes } from '../../../src/movers/exit-probes.ts'
import { head, problemsOf, read, services } from './text.ts'

const own = `probes:
  settings:
    content: { phases: [contract], budget: 10m }
    parity: { severity: warning }
    traffic: { window: 0s, atLeast: 100 }
  sql:
    no-orphans: { sql: select 0, expect: { value: 0 }, as: app, budget: 5s, phases: [switch orders] }
  http:
    health: { url: "\${BASE}/health", within: 1s, contains: ok }
canary: { cap: 300ms, statements: { users: [insert into notes values (1)] } }
`

describe('probes of a plan', () => {
  test('are read with their defaults, and addresses from the environment', () => {
    const { probes, canary } = read(`${head}${services}${own}`, { BASE: 'http://localhost:8003' })
    expect(probes.settings.get('parity')).toMatchObject({ severity: 'warning' })
    expect(probes.settings.get('content')).toEqual({
      severity: 'error',
      budgetMs: 600_000,
      phases: ['contract'],
    })
    expect(probes.traffic).toEqual({ windowMs: 0, atLeast: 100 })
    expect(probes.own).toMatchObject([
      { kind: 'sql', name: 'no-orphans', severity: 'error', expect: { value: 0 }, as: 'app', budgetMs: 5000 },
      {
        kind: 'http',
        name: 'health',
        url: 'http://localhost:8003/health',
        status: 200,
        withinMs: 1000,
        phases: ['switch', 'contract'],
      },
    ])
    expect(canary).toEqual({
      isEnabled: true,
      capMs: 300,
      statements: new Map([['users', ['insert into notes values (1)']]]),
    })
  })

  test('belong to phases by kind and by name', () => {
    const plan = read(`${head}${services}${own}`, { BASE: 'http://localhost:8003' })
    const [expand, first, second, contract] = plan.phases.map((phase) => exitProbes(plan, phase))
    expect(expand).toEqual(['parity', 'names', 'functions', 'sequences', 'grants'])
    expect(first).toContain('health')
    expect(first).not.toContain('no-orphans')
    expect(second).toEqual(expect.arrayContaining(['traffic', 'health', 'no-orphans']))
    expect(contract).toEqual(expect.arrayContaining(['content', 'health']))
    expect(contract).not.toContain('names')
  })

  test('do not change the identity of the plan', () => {
    const plain = read(`${head}${services}`)
    expect(read(`${head}${services}${own}`, { BASE: 'http://x' }).hash).toBe(plain.hash)
  })
})

const sql = 'sql: select 1, expect: { value: 1 }'
const slips: readonly (readonly [string, string, string])[] = [
  [
    'a name of the tool',
    `probes: { sql: { parity: { ${sql} } } }`,
    '"parity" is the name of a probe of the tool',
  ],
  [
    'a name twice',
    `probes: { sql: { a: { ${sql} } }, http: { a: { url: "http://x" } } }`,
    'more than one probe has the name "a" (also at',
  ],
  ['a phase that is none', `probes: { sql: { a: { ${sql}, phases: [swich] } } }`, 'did you mean "switch"'],
  [
    'a database that is none',
    `probes: { sql: { a: { ${sql}, database: bd } } }`,
    'no database has the name "bd"',
  ],
  [
    'statements of no service',
    'canary: { statements: { usres: [select 1] } }',
    'no service has the name "usres"',
  ],
  ['no expectation', 'probes: { sql: { a: { sql: select 1, expect: {} } } }', 'say one of "value"'],
  [
    'two of them',
    'probes: { sql: { a: { sql: select 1, expect: { value: 1, empty: true } } } }',
    'say one of "value"',
  ],
  [
    'an address of another kind',
    'probes: { http: { a: { url: "ftp://x" } } }',
    'expected an address such as',
  ],
  ['a probe that is none', 'probes: { settings: { paritty: {} } }', 'did you mean "parity"'],
  [
    'a share of more than all',
    'probes: { settings: { traffic: { atLeast: 101 } } }',
    'must be between 0 and 100',
  ],
]

describe('a slip in the probes', () => {
  test.each(slips)('%s', (_name, written, message) => {
    const found = problemsOf(`${head}${services}${written}\n`)
    expect(found.every((problem) => problem.includes(message.split(' (')[0]!))).toBe(true)
    expect(found.join('\n')).toContain(message)
  })

  test('isolation without roles', () => {
    expect(
      problemsOf(`${head}services: { a: { from: db.public, to: db, tables: [t], isolated: true } }\n`).join(),
    ).toContain('needs "roles"')
  })

  test('a url of a service without its variable does not print what the environment holds', () => {
    const text = `${head}services: { a: { from: db.public, to: db, tables: [t], url: "\${A_URL}\${B_URL}" } }\n`
    const problem = problemsOf(text, { A_URL: 'postgres://a:secret@host/db' }).join()
    expect(problem).toContain('B_URL is not set')
    expect(problem).not.toContain('secret')
  })
})
