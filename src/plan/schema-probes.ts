import { z } from 'zod'
import { builtInProbes, type BuiltInProbe } from './probe-names.ts'
import { duration, text } from './schema-parts.ts'

const hour = 3_600_000

const severity = z
  .enum(['error', 'warning', 'off'])
  .describe(
    'What a failure is: an error fails the phase, a warning is told, off leaves the probe out. What is lowered or left out is said wherever the probe would speak.',
  )

const phases = z
  .array(text('expand, switch (all switches), contract, or the name of a phase.', 80))
  .min(1, 'needs at least one phase')
  .describe(
    'At the end of which phases it runs: expand, switch (all switches), contract, or names of phases.',
  )

const budget = duration(
  'How long it may take as a whole: 10ms to 24h. Past it the probe is given up, which is a failure.',
  10,
  24 * hour,
)

const setting = z.strictObject({
  severity: severity.default('error'),
  budget: budget.optional(),
  phases: phases.optional(),
})

const traffic = setting.extend({
  window: duration(
    'How long `migrate verify` watches: 0s, which leaves the probe out there, to 10m.',
    0,
    600_000,
  ).prefault('3s'),
  atLeast: z
    .number()
    .min(0, 'must be between 0 and 100')
    .max(100, 'must be between 0 and 100')
    .default(99)
    .describe('Percentage of statements that must succeed in each schema.'),
})

const settings = z
  .strictObject({
    ...(Object.fromEntries(
      builtInProbes.map((id) => [id, setting.optional().describe(`Settings of probe ${id}.`)]),
    ) as Record<BuiltInProbe, z.ZodOptional<typeof setting>>),
    traffic: traffic.prefault({}).describe('Settings of probe traffic.'),
  })
  .prefault({})
  .describe('Settings of the probes that come with the tool, by their names.')

const own = { severity: severity.default('error'), phases: phases.default(['switch', 'contract']) }

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'expected text, a number, true, false or null',
})

const expectation = z
  .strictObject({
    value: cell.optional().describe('The one value of the one row.'),
    rows: z.array(z.array(cell)).optional().describe('All rows in their order, each a list of values.'),
    empty: z.literal(true).optional().describe('No row.'),
    min: z.number().optional().describe('The least that the one value may be.'),
    max: z.number().optional().describe('The most that the one value may be.'),
  })
  .refine(
    ({ value, rows, empty, min, max }) =>
      [value, rows, empty, min ?? max].filter((given) => given !== undefined).length === 1,
    { error: 'say one of "value", "rows", "empty", or "min" and "max"' },
  )
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    error: '"min" must not be over "max"',
  })

const sql = z.strictObject({
  ...own,
  budget: budget.prefault('30s'),
  sql: text('One statement that reads. It runs in a transaction that is read only and rolled back.', 20_000),
  expect: expectation.describe('What the statement must give.'),
  database: text('Alias of the database it runs in. Without it: the database of the tables.').optional(),
  as: text('Role as which it runs (SET LOCAL ROLE).').optional(),
})

const http = z.strictObject({
  ...own,
  url: z
    .string()
    .regex(/^(https?:\/\/|\$\{)/, 'expected an address such as http://localhost:8003/health')
    .describe(
      'Address that is asked with GET; ${NAME} is read from the environment. Redirects are not followed.',
    ),
  status: z
    .int()
    .min(100, 'must be between 100 and 599')
    .max(599, 'must be between 100 and 599')
    .default(200)
    .describe('The status it must answer with.'),
  within: duration('How long the whole answer may take: 10ms to 1m.', 10, 60_000).prefault('2s'),
  contains: text('Text that the body must contain.', 2000).optional(),
})

const ownName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'the name of a probe is made of lower-case letters, digits and "-"')

export const probes = z.strictObject({
  settings,
  sql: z
    .record(ownName, sql)
    .default({})
    .describe('Statements of your own with what they must give, by name.'),
  http: z.record(ownName, http).default({}).describe('Addresses that must answer, by name.'),
})

export const canary = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Whether the runner reads and writes by both names while tables are switched.'),
  cap: duration(
    'The longest that one of its statements may be held up by a switch; past it the phase is undone: 10ms to 1m.',
    10,
    60_000,
  ).prefault('1s'),
  statements: z
    .record(text('Name of a service.'), z.array(text('One statement.', 20_000)))
    .default({})
    .describe(
      'Statements of your own by service, which really are carried out, again and again, while its tables are switched; by the "url" of the service if it has one.',
    ),
})
