import { isMarked, markOf } from '../catalog/names.ts'
import { ident, literal, role } from '../pg/quoting.ts'
import type { TransactionAction } from './action.ts'
import type { StepContext, StepKind } from './kind.ts'
import { withDefaults } from './default-privileges.ts'

type Config = {
  readonly database: string
  readonly schema: string
  readonly relations: readonly number[]
  readonly roles: readonly string[]
}

/** Makes a service's schema, lets in everyone who may use the tables that come, and repeats the old schema's default privileges. */
export const prepareSchema: StepKind<Config> = {
  kind: 'prepare-schema',
  traits: { lock: 'none', reversible: 'always' },
  summary: ({ schema }) => `create schema ${ident(schema)} and its grants`,
  undoSummary: ({ schema }) => `drop schema ${ident(schema)}`,
  observe({ schema }, { facts, plan }) {
    const found = facts.schemas.get(schema)
    if (found === undefined) return 'absent'
    // One that was there before is used as it is; only the journal knows whether its grants were given.
    return isMarked(found.comment, plan.name) ? 'present' : 'unknown'
  },
  record({ schema }, { facts, plan }) {
    const found = facts.schemas.get(schema)
    return { created: found === undefined || isMarked(found.comment, plan.name) }
  },
  actions: (config, context) => [
    transaction(
      config,
      `prepare schema ${ident(config.schema)}`,
      doStatements(config, context),
      'existing schemas and grants are kept',
    ),
  ],
  undo: (config, context, record) => [
    transaction(
      config,
      record['created'] === false
        ? `take back the grants in schema ${ident(config.schema)}`
        : `drop schema ${ident(config.schema)}`,
      record['created'] === false
        ? takeBack(config, context)
        : [`drop schema if exists ${ident(config.schema)} restrict`],
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
  return {
    id: `schema-${config.schema}`,
    policy: 'transaction',
    sentence,
    database: config.database,
    lock: 'none',
    lockedRelations: [],
    lockFirst: [],
    statements,
    again,
  }
}

function doStatements(config: Config, context: StepContext): string[] {
  const { schema } = config
  const found = context.facts.schemas.get(schema)
  const isOurs = found === undefined || isMarked(found.comment, context.plan.name)
  return [
    `create schema if not exists ${ident(schema)}`,
    ...(isOurs ? [`comment on schema ${ident(schema)} is ${literal(markOf(context.plan.name))}`] : []),
    ...owners(config, context).map(
      (owner) => `grant usage, create on schema ${ident(schema)} to ${role(owner)}`,
    ),
    ...grantees(config, context).map(
      (grantee) => `grant usage on schema ${ident(schema)} to ${role(grantee)}`,
    ),
    ...withDefaults(config, context, 'grant'),
  ]
}

function takeBack(config: Config, context: StepContext): string[] {
  const schema = ident(config.schema)
  return [
    ...withDefaults(config, context, 'revoke'),
    ...grantees(config, context).map((grantee) => `revoke usage on schema ${schema} from ${role(grantee)}`),
    ...owners(config, context).map((owner) => `revoke usage, create on schema ${schema} from ${role(owner)}`),
  ]
}

/** Owners need CREATE to index and alter their tables in the new schema, and the runner needs it of them for ALTER OWNER. */
function owners({ relations }: Config, context: StepContext): string[] {
  const all = relations.map((relation) => context.table(relation).live.owner)
  return [...new Set(all)]
    .filter(
      (owner) => owner !== context.facts.server.user && context.facts.roles.get(owner)?.isSuperuser !== true,
    )
    .sort()
}

function grantees(config: Config, context: StepContext): (string | null)[] {
  const fromTables = config.relations.flatMap((relation) =>
    context.table(relation).grants.map(({ grantee }) => grantee),
  )
  const skip = new Set<string | null>(owners(config, context))
  return [...new Set([...fromTables, ...config.roles])]
    .filter((grantee) => !skip.has(grantee))
    .sort((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1))
}
