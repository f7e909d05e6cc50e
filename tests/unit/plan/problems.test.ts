import { describe, expect, test } from '@jest/globals'
import { errorOf, head, marked, problemsOf, services } from './text.ts'

/** One slip each. `»` stands before every place a problem is expected at, in the order of the messages. */
const slips: readonly [name: string, written: string, ...messages: readonly (string | RegExp)[]][] = [
  // Syntax
  ['an empty file', '»', 'the plan is empty'],
  ['text instead of a mapping', '»hello', 'a plan is a mapping, not text'],
  ['a tab', `version: 1\n»\tname: x\n`, 'tabs are not allowed as indentation'],
  ['an unclosed list', `${head}services:\n  a: { tables: [t»`, /flow sequence/, /flow map/],
  ['a duplicate key', `${head}${services}»name: other\n`, 'the key name is there already'],
  ['an unknown tag', `${head.replace('shop', '»!x shop')}${services}`, 'unresolved tag: !x'],
  ['an unknown alias', `${head}${services}allow: »*x\n`, /^unknown alias/],
  ['two documents', `${head}${services}»---\na: 1\n`, /^a plan is one document/],
  ['a list as key', `${head}${services}? »[a]\n: 1\n`, 'this cannot be a key'],
  ['__proto__ as key', `${head}${services}»__proto__: 1\n`, 'this cannot be a key'],
  ['an unquoted reference in braces', `databases:\n  db: { url: $»{X} }\n`, /must be in quotes/],

  // Form
  [
    'an unknown key at the top',
    `${head}${services}»alow: []\n`,
    'unknown key "alow" (did you mean "allow"?)',
  ],
  [
    'unknown keys inside',
    `${head}services:\n  a: { from: db.public, to: db, tables: [t], »role: [], »zzz: 1 }\n`,
    'unknown key "role" in services.a (did you mean "roles"?)',
    'unknown key "zzz" in services.a (known here: from, to, schema, tables, views, functions, types, compat, roles, url, searchPath, isolated)',
  ],
  [
    'an unknown key in a list',
    `${head}${services}allow:\n  - { rule: x, on: y, because: z, »reason: q }\n`,
    'unknown key "reason" in allow.0 (known here: rule, on, because)',
  ],
  [
    'a missing key',
    `${head}services:\n  »a:\n    from: db.public\n    to: db\n`,
    '"tables" is missing in services.a',
  ],
  [
    'a missing section',
    `»version: 1\nname: x\nservices: { a: { from: db.b, to: db, tables: [t] } }`,
    '"databases" is missing',
  ],
  ['another version', `${head.replace('1', '»2')}${services}`, 'version: only 1 is accepted, got 2'],
  ['a version in quotes', `${head.replace('1', '»"1"')}${services}`, 'version: only 1 is accepted, got "1"'],
  [
    'a name in upper case',
    `${head.replace('shop', '»Shop')}${services}`,
    /^name: expected lower-case letters/,
  ],
  ['a long name', `${head.replace('shop', `»${'x'.repeat(41)}`)}${services}`, /^name: .* 40 characters/],
  [
    'an alias with a dot',
    `${head}  »a.b: { url: postgres://h/d }\n${services}`,
    /^databases\.a\.b: a database alias is made of/,
  ],
  [
    'a service with a space',
    `${head}${services}  »a b: { from: db.c, to: db, tables: [t] }\n`,
    /^services\.a b: the name/,
  ],
  ['no services', `${head}»services: {}\n`, 'services: needs at least one entry'],
  [
    'no tables',
    `${head}services:\n  a: { from: db.c, to: db, »tables: [] }\n`,
    'services.a.tables: needs at least one table, view, function or type',
  ],
  [
    'text for a list',
    `${head}services:\n  a: { from: db.c, to: db, tables: »t }\n`,
    'services.a.tables: expected a list, got text',
  ],
  [
    'a number for text',
    `${head}services:\n  a: { from: db.c, to: db, tables: [»5] }\n`,
    'services.a.tables.0: expected text, got a number (put it in quotes)',
  ],
  ['nothing for a list', `${head}${services}»phases:\n`, 'phases: expected a list, got nothing'],
  [
    'from without a schema',
    `${head}services:\n  a: { from: »db, to: db, tables: [t] }\n`,
    /^services\.a\.from: expected a database alias/,
  ],
  [
    'an empty pattern',
    `${head}services:\n  a: { from: db.c, to: db, tables: [»""] }\n`,
    'services.a.tables.0: must not be empty',
  ],
  [
    'a bad duration',
    `${head}${services}defaults: { lockRetry: »1.5h }\n`,
    /^defaults\.lockRetry: expected a duration/,
  ],
  [
    'a bare zero',
    `${head}${services}contract: { quiet: »0 }\n`,
    /^contract\.quiet: expected text, got a number/,
  ],
  [
    'a small stall budget',
    `${head}${services}defaults: { stallBudget: »19ms }\n`,
    'defaults.stallBudget: must be between 20ms and 10s',
  ],
  [
    'a big stall budget',
    `${head}${services}defaults: { stallBudget: »11s }\n`,
    'defaults.stallBudget: must be between 20ms and 10s',
  ],
  ['another compat', `${head}${services}defaults: { compat: »vieww }\n`, /^defaults.compat: .*"vieww"/],
  [
    'a mistyped choice',
    `${head}${services}defaults: { backup: »each-phse }\n`,
    /^defaults\.backup: expected one of .*got "each-phse" \(did you mean "each-phase"\?\)$/,
  ],
  [
    'half a job',
    `${head}${services}defaults: { backupJobs: »1.5 }\n`,
    'defaults.backupJobs: expected a whole number, got a fraction',
  ],
  ['no job', `${head}${services}defaults: { backupJobs: »0 }\n`, 'defaults.backupJobs: must be at least 1'],
  [
    'a waiver without a reason',
    `${head}${services}allow: [{ rule: r, on: o, because: »" " }]\n`,
    'allow.0.because: must not be empty',
  ],

  // Names
  [
    'a schema of PostgreSQL',
    `${head}services:\n  a: { from: »db.pg_catalog, to: db, tables: [t] }\n`,
    'schema "pg_catalog" belongs to PostgreSQL',
  ],
  [
    'information_schema',
    `${head}services:\n  »information_schema: { from: db.c, to: db, tables: [t] }\n`,
    'schema "information_schema" belongs to PostgreSQL',
  ],
  [
    "the journal's schema",
    `${head}services:\n  a: { from: db.c, to: db, schema: »migrate, tables: [t] }\n`,
    'schema "migrate" is where this tool keeps its own state',
  ],
  [
    "the swap's schema",
    `${head}services:\n  a: { from: »db.migrate_stage, to: db, tables: [t] }\n`,
    /^schema "migrate_stage" is where/,
  ],
  [
    'a schema name of 64 bytes',
    `${head}services:\n  a: { from: db.c, to: db, schema: »${'é'.repeat(32)}, tables: [t] }\n`,
    /has 64 bytes; PostgreSQL's names have at most 63/,
  ],
  [
    'a table name of 64 bytes',
    `${head}services:\n  a: { from: db.c, to: db, tables: [»${'x'.repeat(64)}] }\n`,
    /has 64 bytes/,
  ],

  [
    'search-path for nobody',
    `${head}services:\n  a: { from: db.c, to: db, tables: [t], compat: { t: »search-path } }\n`,
    /^policy search-path needs "searchPath"/,
  ],

  // References to each other
  [
    'an unknown alias in from',
    `${head}services:\n  a: { from: »ddb.c, to: db, tables: [t] }\n`,
    'no database has the alias "ddb" (did you mean "db"?)',
  ],
  [
    'an unknown alias in to',
    `${head}services:\n  a: { from: db.c, to: »dbb, tables: [t] }\n`,
    'no database has the alias "dbb" (did you mean "db"?)',
  ],
  [
    'an unknown service in a phase',
    `${head}${services}phases: [{ name: x, switch: [»user] }]\n`,
    'no service has the name "user" (did you mean "users"?)',
  ],
  [
    'a phase with a reserved name',
    `${head}${services}phases: [{ name: »expand, switch: [users] }]\n`,
    /every plan has/,
  ],
]

describe('a slip is reported at its place', () => {
  test.each(slips)('%s', (_name, written, ...messages) => {
    const { text, places } = marked(written)
    const expected = messages.map((message, index) => [places[index] ?? places.at(-1), message] as const)
    const found = problemsOf(text).map((line) => line.split(/ (.*)/s) as [string, string])
    expect(found.map(([, message]) => message)).toEqual(
      expected.map(([, message]) => (typeof message === 'string' ? message : expect.stringMatching(message))),
    )
    expect(found.map(([place]) => place)).toEqual(expected.map(([place]) => place))
    expect(errorOf(text).code).toBe('plan-invalid')
  })
})

describe('a collision is reported at every place', () => {
  const collisions: readonly [name: string, code: string, written: string, message: string][] = [
    [
      'a table in two services',
      'mapping-conflict',
      `${head}services:\n  a: { from: db.c, to: db, tables: [t, »u] }\n  b:\n    from: db.c\n    to: db\n    tables:\n      - »u\n`,
      'table "u" is claimed by services "a" and "b"',
    ],
    [
      'a table twice in one service',
      'mapping-conflict',
      `${head}services:\n  a: { from: db.c, to: db, tables: [»u, v, »u] }\n`,
      'table "u" is listed more than once in service "a"',
    ],
    [
      'two services into one schema',
      'mapping-conflict',
      `${head}services:\n  a: { from: db.c, to: db, schema: »b, tables: [t] }\n  »b: { from: db.c, to: db, tables: [u] }\n`,
      'schema "b" is the target of more than one service',
    ],
    [
      'a service in two phases',
      'plan-invalid',
      `${head}${services}phases:\n  - { name: x, switch: [»users] }\n  - { name: y, switch: [orders, »users] }\n`,
      'service "users" is switched more than once',
    ],
    [
      'two phases of one name',
      'plan-invalid',
      `${head}${services}phases:\n  - { name: »x, switch: [users] }\n  - { name: »x, switch: [orders] }\n`,
      'more than one phase has the name "x"',
    ],
  ]

  test.each(collisions)('%s', (_name, code, written, message) => {
    const { text, places } = marked(written)
    const [first = '', second = ''] = places
    expect(problemsOf(text)).toEqual([
      `${first} ${message} (also at ${second})`,
      `${second} ${message} (also at ${first})`,
    ])
    expect(errorOf(text).code).toBe(code)
  })

  test('the same table name in two source schemas is no collision', () => {
    const text = `${head}services:\n  a: { from: db.x, to: db, tables: [t] }\n  b: { from: db.y, to: db, tables: [t] }\n`
    expect(() => errorOf(text)).toThrow('the plan was accepted')
  })
})

describe('moves that cannot be done', () => {
  const two = head.replace('  db:', '  other: { url: postgres://h/d }\n  db:')

  test('to another database', () => {
    const { text, places } = marked(`${two}services:\n  a: { from: db.c, to: »other, tables: [t] }\n`)
    const error = errorOf(text)
    expect(error.code).toBe('move-unsupported')
    expect(error.exitCode).toBe(3)
    expect(problemsOf(text)).toEqual([
      expect.stringContaining(`${places[0]} service "a" moves from database "db" to "other"`),
    ])
    expect(error.message).toContain('not available in this version')
  })

  test('services in two databases', () => {
    const { text, places } = marked(
      `${two}services:\n  a: { from: »db.c, to: db, tables: [t] }\n  b: { from: »other.c, to: other, tables: [t] }\n`,
    )
    expect(errorOf(text).code).toBe('move-unsupported')
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(`^${places[1]} service "b" is in .*\\(also at ${places[0]}\\)$`),
    ])
  })

  test('to the schema they are in', () => {
    const { text, places } = marked(
      `${head}services:\n  a: { from: db.c, to: db, schema: »c, tables: [t] }\n`,
    )
    expect(problemsOf(text)).toEqual([`${places[0]} service "a" moves tables to the schema they are in`])
  })

  test('into a schema that another service moves out of', () => {
    const { text, places } = marked(
      `${head}services:\n  »a: { from: db.c, to: db, tables: [t] }\n  b: { from: »db.a, to: db, tables: [u] }\n`,
    )
    expect(problemsOf(text)).toEqual([
      `${places[0]} service "a" moves tables into schema "a", out of which service "b" moves tables (also at ${places[1]})`,
    ])
  })
})

describe('the error', () => {
  test('has all problems at once, in the order of the file, and the first as its place', () => {
    const error = errorOf(`version: 1
name: Shop
databases:
  db: { url: "\${NOT_SET}" }
services:
  a: { from: db.c, to: bd, tabels: [t] }
  b: { from: db.c, to: db, tables: [x, x], schema: pg_b }
phases: [{ name: p, switch: [c] }]
defaults: { lockRetry: soon }
`)
    expect(error.code).toBe('plan-invalid')
    expect(error.message).toBe('plans/shop.yaml has 10 problems')
    expect(error.detail.map((line) => /^plans\/shop\.yaml:(\d+:\d+) /.exec(line)?.[1])).toEqual([
      '2:7',
      '4:14',
      '6:3',
      '6:24',
      '6:28',
      '7:37',
      '7:40',
      '7:52',
      '8:30',
      '9:24',
    ])
    expect(error.place).toEqual({ file: 'plans/shop.yaml', line: 2, column: 7 })
    expect(error.next).toEqual(['export NOT_SET=…', 'migrate plan --plan plans/shop.yaml'])
    expect(error.state.kind).toBe('untouched')
  })

  test('with one problem says it in the message', () => {
    expect(errorOf(`${head}${services}alow: []\n`).message).toBe(
      'plans/shop.yaml has 1 problem: unknown key "alow" (did you mean "allow"?)',
    )
  })

  test('does not repeat a connection string', () => {
    const texts = [
      `databases:\n  db: { url: [postgres://u:hunter2@h/d] }\n`,
      `databases:\n  db: { url: "x" postgres://u:hunter2@h/d }\n`,
      `databases:\n  db: { url: \${A} "hunter2" postgres://u:hunter2@h/d }\n`,
      `databases:\n  db:\n    url: x: postgres://u:hunter2@h/d\n`,
    ]
    for (const text of texts) expect(JSON.stringify(errorOf(text))).not.toContain('hunter2')
  })

  test('ends also with aliases that contain themselves', () => {
    expect(problemsOf(`${head}${services}allow: &x [*x]\n`)).toEqual([
      '8:12 allow.0: expected a mapping, got a list',
    ])
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...[...'bcdefgh'].map((key, index) => {
        const before = `*${'abcdefg'[index]}`
        return `${key}: &${key} [${Array.from({ length: 9 }, () => before).join(', ')}]`
      }),
    ].join('\n')
    expect(problemsOf(bomb)).toEqual(['1:1 the aliases of this document repeat too much'])
  })
})
