import { z } from 'zod'
import { compatPolicies } from './compat.ts'
import { backups } from './schema-backups.ts'
import { canary, probes } from './schema-probes.ts'
import { rewrite } from './schema-rewrite.ts'
import { connection, day, duration, environment, named, text } from './schema-parts.ts'

const pooler = z.strictObject({
  admin: connection('Connection string of the admin console, postgres://user@host:6432/pgbouncer.'),
  database: text(
    'Name under which the pooler offers the database. Without it: the name in "url".',
  ).optional(),
  pauseTimeout: duration(
    'How long PAUSE may take before it is given up and the switch goes on without: 100ms to 30s.',
    100,
    30_000,
  ).prefault('2s'),
})

const database = z.strictObject({
  url: z
    .string()
    .describe(
      'Connection string, postgres://user@host:5432/database. Here, in the other connection strings and ' +
        `in addresses of probes ${environment}, and nowhere else; $\${ is a literal \${.`,
    ),
  standbys: z
    .array(connection('Connection string of a physical standby.'))
    .default([])
    .describe('Physical standbys, which are looked at before and during a switch.'),
  subscribers: z
    .array(connection('Connection string of a database that subscribes to tables of this one.'))
    .default([])
    .describe('Logical subscribers, on which tables are moved right after they were moved here.'),
  pooler: pooler.optional().describe('A PgBouncer that is paused for the instant of a switch.'),
})

const policy = z.enum(compatPolicies)

function patterns(what: string) {
  return z.array(text(`Name of a ${what}, or a glob.`)).default([])
}

const movable = z.strictObject({
  from: z
    .string()
    .regex(/^[^.]+\.[^]+$/, 'expected a database alias, a dot and a schema, such as "heal7.public"')
    .describe(
      'Where the tables are now: database alias, dot, schema. All after the first dot is the schema.',
    ),
  to: text('Database alias the tables go to; the same as in "from" means in-place.'),
  schema: text("Schema the tables go to. Without it: the service's name.").optional(),
  tables: z
    .array(text('Name of a table, or a glob with * ? [] {}. A backslash takes a glob character literally.'))
    .default([])
    .describe('Tables of this service, as names or globs. A table belongs to one service only.'),
  views: patterns('view or materialized view').describe(
    'Views and materialized views of this service. They change places with a facade as tables do.',
  ),
  functions: patterns('function or procedure').describe(
    'Functions and procedures of this service, all overloads of a name. Their old names call the moved ones until contract.',
  ),
  types: patterns('type').describe(
    'Enums, domains and composite types of this service. They move at contract: a type has one name at a time.',
  ),
  compat: z
    .union(
      [
        policy,
        z.record(text('Name of a table, or a glob.'), policy).refine((map) => Object.keys(map).length > 0, {
          error: 'needs at least one entry',
        }),
      ],
      { error: `expected ${compatPolicies.join(', ')}, or tables with one of these each` },
    )
    .optional()
    .describe(
      'How old names of this service keep working: one policy, or tables (names or globs) with theirs. Without it: defaults.compat.',
    ),
  roles: z
    .array(text('Name of a role.'))
    .default([])
    .describe('Roles that shall work in this schema, beside those that have rights on its tables already.'),
  url: connection(
    'Connection string with which the service itself connects, for probe connection; never printed.',
  ).optional(),
  searchPath: z
    .array(text('Name of a schema, or $user.'))
    .min(1, 'needs at least one schema')
    .optional()
    .describe('The search_path that connections by "url" are to have, in this order.'),
  isolated: z
    .boolean()
    .default(false)
    .describe(
      'Whether "roles" shall work in this schema alone and be refused in that of every other service: probe isolation.',
    ),
})

const service = movable
  .refine(
    ({ tables, views, functions, types }) =>
      [tables, views, functions, types].some(({ length }) => length > 0),
    { path: ['tables'], error: 'needs at least one table, view, function or type' },
  )
  .refine(({ isolated, roles }) => !isolated || roles.length > 0, {
    path: ['isolated'],
    error: 'needs "roles", which are to be refused elsewhere',
  })

const phase = z.strictObject({
  name: text('What this phase is about, for people.', 80),
  switch: z
    .array(text('Name of a service.'))
    .min(1, 'needs at least one service')
    .describe('Services switched in this phase, in this order.'),
})

const defaults = z.strictObject({
  stallBudget: duration('Longest time a client may wait for a switch: 20ms to 10s.', 20, 10_000).prefault(
    '200ms',
  ),
  lockRetry: duration('How long a step tries again to get its locks.', 0, day).prefault('60s'),
  compat: policy
    .default('view')
    .describe(
      'How old names keep working after a switch. view: a view under the old name. search-path: the roles of ' +
        '"searchPath" find the table by its name alone. late: the switch waits until no one uses the old name. ' +
        'none: the old name is gone. shell: a partitioned table with the moved one as its only partition.',
    ),
  onDrift: z
    .enum(['report', 'refuse'])
    .default('report')
    .describe(
      'What happens to a change of structure by others between expand and contract: it is reported, or its statement is refused.',
    ),
  backup: z
    .enum(['each-phase', 'first-phase', 'none'])
    .default('each-phase')
    .describe(
      'When a backup of the tables is taken: before each phase that touches them, only before the first.',
    ),
  backupDir: text('Folder for backups.').default('backups'),
  backupJobs: z
    .int()
    .min(1, 'must be at least 1')
    .max(32, 'must be at most 32')
    .default(2)
    .describe('Connections that pg_dump uses at once.'),
  onProbeFailure: z
    .enum(['undo', 'stop'])
    .default('undo')
    .describe(
      'What a failed check after a switch does: undo the switches of that phase, or stop and leave them.',
    ),
  countUses: z
    .boolean()
    .default(true)
    .describe(
      'Whether the old names count their uses after a switch, as evidence for contract. Costs some microseconds a statement, and a row for inserts and updates.',
    ),
})

const searchPath = z.strictObject({
  roles: z
    .array(text('Name of a role.'))
    .default([])
    .describe('Roles whose search_path gets the new schemas, right behind the old one.'),
  database: z
    .boolean()
    .default(false)
    .describe(
      'Whether the search_path of the whole database gets them, for roles that have none of their own.',
    ),
})

const waiver = z.strictObject({
  rule: text('Rule that is waived, as the refusal names it.'),
  on: text('Object it is waived for, as the refusal names it, such as public.users.'),
  because: text('Why it is safe here. Kept in the journal.', 2000),
})

const contract = z.strictObject({
  quiet: duration(
    'How long no one may have used an old name before contract; 0s is allowed.',
    0,
    3650 * day,
  ).prefault('7d'),
})

/** The plan as an operator writes it. What goes beyond one value (names that refer to others) is in check-*.ts. */
export const planSchema = z.strictObject({
  version: z.literal(1).describe('Version of this format.'),
  name: z
    .string()
    .regex(
      /^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/,
      'expected lower-case letters, digits, "-" and "_", such as "split-orders"',
    )
    .max(40, 'must not be longer than 40 characters')
    .describe('Name of the plan, in lower case. The journal knows the plan by it.'),
  databases: named(
    /^[A-Za-z][A-Za-z0-9_-]*$/,
    'a database alias is made of letters, digits, "-" and "_", and begins with a letter',
    database,
    'Databases by alias.',
  ),
  services: named(
    /^[\p{L}_][\p{L}\p{N}_-]*$/u,
    'the name of a service is made of letters, digits, "-" and "_"',
    service,
    'Services by name. The order is the order of their switches, unless "phases" says otherwise.',
  ),
  phases: z
    .array(phase)
    .default([])
    .describe('Switch phases. Services that no phase names get a phase each, after these.'),
  defaults: defaults.prefault({}).describe('Settings of the whole plan.'),
  backups: backups.prefault({}).describe('How backups are kept and proved.'),
  searchPath: searchPath
    .prefault({})
    .describe('Who is given the new schemas in search_path, for tables whose policy is search-path.'),
  contract: contract.prefault({}).describe('Settings of the last phase, which drops the old names.'),
  probes: probes.prefault({}).describe('Checks at the end of phases and on demand.'),
  canary: canary
    .prefault({})
    .describe('What the runner itself reads and writes by both names while tables are switched.'),
  rewrite: rewrite.prefault({}).describe('How "migrate rewrite" reads your sources.'),
  allow: z.array(waiver).default([]).describe('Refusals waived by name, each with a reason.'),
})

/** The plan document after reading: durations in milliseconds, defaults filled in. */
export type PlanDocument = z.infer<typeof planSchema>
