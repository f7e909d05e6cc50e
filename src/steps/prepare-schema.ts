import { isMarked, markOf } from '../catalog/names.ts'
import { ident, literal, role } from '../pg/quoting.ts'
import { withoutLocks, type TransactionAction } from './action.ts'
import type { StepContext, StepKind } from './kind.ts'
import { defaultGrants } from './default-privileges.ts'

type Config = {
  readonly database: string
  readonly schema: string
  readonly relations: readonly number[]
  readonly routines: readonly number[]
  readonly types: readonly number[]
  readonly roles: readonly string[]
}

/** Makes a service's schema, lets in everyone who may use the tables that come, and repeats the old schema's default privileges. */
export const prepareSchema: StepKind<Config> = {
  kind: 'prepare-schema',
  traits: { lock: 'none' },
  summary: ({ schema }) => `create schema ${ident(schema)} and its grants`,
  undoSummary: ({ schema }) => `drop schema ${ident(schema)}`,
  observe({ schema }, { facts, plan }) {
    const found = facts.schemas.get(schema)
    if (found === undefined) return 'absent'
    // One that was there before is used as it is; only the journal knows whether its grants were given.
    return isMarked(found.comment, plan.name) ? 'present' : 'unknown'
  },
  record(config, context) {
    const found = context.facts.schemas.get(config.schema)
    const created = found === undefined || isMarked(found.comment, context.plan.name)
    return { created, takeBack: created ? [] : grants(config, context).map(({ revoke }) => revoke) }
  },
  actions: (config, context) => [
    transaction(
      config,
      `prepare schema ${ident(config.schema)}`,
      doStatements(config, context),
      'a schema that exists is kept, and a grant given twice is given once',
    ),
  ],
  undo: (config, _context, record) => [
    record['created'] === false
      ? transaction(
          config,
          `take back the grants in schema ${ident(config.schema)}`,
          (record['takeBack'] ?? []) as string[],
          'a grant taken back stays so',
        )
      : transaction(
          config,
          `drop schema ${ident(config.schema)}`,
          [`drop schema if exists ${ident(config.schema)} restrict`],
          'a schema that is gone stays gone',
        ),
  ],
}

function transaction(
  config: Config,
  sentence: string,
  statements: string[],
  again: string,
): TransactionAction {
  return withoutLocks({
    id: `schema-${config.schema}`,
    sentence,
    database: config.database,
    statements,
    again,
  })
}

function doStatements(config: Config, context: StepContext): string[] {
  const { schema } = config
  const found = context.facts.schemas.get(schema)
  const isOurs = found === undefined || isMarked(found.comment, context.plan.name)
  return [
    `create schema if not exists ${ident(schema)}`,
    ...(isOurs ? [`comment on schema ${ident(schema)} is ${literal(markOf(context.plan.name))}`] : []),
    ...grants(config, context).map(({ grant }) => grant),
  ]
}

interface SchemaGrant {
  readonly grant: string
  readonly revoke: string
}

/** What is not granted yet: only that is given, and only that is taken back. */
function grants(config: Config, context: StepContext): SchemaGrant[] {
  const found = context.facts.schemas.get(config.schema)
  const on = `on schema ${ident(config.schema)}`
  const pair = (privilege: string, grantee: string | null): SchemaGrant => ({
    grant: `grant ${privilege} ${on} to ${role(grantee)}`,
    revoke: `revoke ${privilege} ${on} from ${role(grantee)}`,
  })
  const owning = owners(config, context)
  return [
    ...schemaUsers(config, context)
      .filter((user) => found?.usage.includes(user) !== true)
      .map((user) => pair('usage', user)),
    ...owning.filter((owner) => found?.create.includes(owner) !== true).map((owner) => pair('create', owner)),
    ...defaultGrants(config, context),
  ]
}

/** Everyone who is let into the schema; null is PUBLIC. */
export function schemaUsers(
  config: Omit<Config, 'database' | 'schema'>,
  context: StepContext,
): (string | null)[] {
  const owning = owners(config, context)
  return [...owning, ...grantees(config, context, owning)]
}

/** Owners need CREATE to index and alter their tables in the new schema, and ALTER VIEW … OWNER TO wants it of them. */
function owners(
  { relations, routines, types }: Pick<Config, 'relations' | 'routines' | 'types'>,
  { facts, table, routine, type }: StepContext,
): string[] {
  const all = new Set([
    ...relations.map((relation) => table(relation).live.owner),
    ...routines.map((oid) => routine(oid).location.owner),
    ...types.map((oid) => type(oid).location.owner),
  ])
  return [...all]
    .filter((owner) => owner !== facts.server.user && facts.roles.get(owner)?.isSuperuser !== true)
    .sort()
}

function grantees(
  { relations, routines, roles }: Pick<Config, 'relations' | 'routines' | 'roles'>,
  { table, routine }: StepContext,
  owning: readonly string[],
): (string | null)[] {
  const fromTables = relations.flatMap((relation) => table(relation).grants.map(({ grantee }) => grantee))
  // Everybody may execute most functions, which is no reason to let everybody in.
  const fromRoutines = routines.flatMap((oid) =>
    routine(oid).location.lockedOut.filter((grantee) => grantee !== null),
  )
  return [...new Set([...fromTables, ...fromRoutines, ...roles])]
    .filter((grantee) => grantee === null || !owning.includes(grantee))
    .sort((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1))
}
