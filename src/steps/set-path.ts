import { ident } from '../pg/quoting.ts'
import type { PathSetting } from '../catalog/path-settings.ts'
import { pathSchemas, pathText, splitPath, withNewSchemas } from '../survey/search-path.ts'
import { withoutLocks, type TransactionAction } from './action.ts'
import type { StepContext, StepData, StepKind } from './kind.ts'

type Config = { readonly database: string }
type Change = {
  readonly role: string | null
  readonly before: string | null
  readonly after: string
}

/**
 * Puts the new schemas beside the old one in search_path, for the roles of the plan in this database or for the database. The
 * old schema stays before them, so that nothing changes until the tables have moved. Sessions that are connected keep the
 * path they began with (manual, ALTER ROLE).
 */
export const setPathStep: StepKind<Config> = {
  kind: 'set-path',
  traits: { lock: 'none' },
  summary: (_config, context) =>
    `add ${pathSchemas(context.facts.tables).map(ident).join(', ')} to search_path of ${wanted(context).map(whose).join(', ')}`,
  undoSummary: () => 'set search_path as it was, where nobody else has changed it since',
  observe: (_config, context) => (changes(context).length === 0 ? 'present' : 'absent'),
  record: (_config, context) => ({ changes: changes(context) }),
  actions: ({ database }, context) => [
    transaction(
      database,
      'set search_path for new sessions',
      changes(context).map((change) => alter(change.role, context, `set search_path = ${change.after}`)),
    ),
  ],
  undo: ({ database }, context, record) => [
    transaction(
      database,
      `set search_path as it was${leftAlone(record, context)}`,
      ((record['changes'] ?? []) as Change[])
        .filter((change) => isOurs(change, context))
        .map(({ role, before }) =>
          alter(
            role,
            context,
            before === null ? 'reset search_path' : `set search_path = ${pathText(splitPath(before))}`,
          ),
        ),
    ),
  ],
}

/** Settings the plan names: its roles, and the database itself. */
function wanted({ plan, facts }: StepContext): PathSetting[] {
  return facts.pathSettings.filter(({ role }) =>
    role === null ? plan.searchPath.database : plan.searchPath.roles.includes(role),
  )
}

function changes(context: StepContext): Change[] {
  return wanted(context).flatMap(({ role, own, effective }) => {
    const path = splitPath(effective)
    const after = withNewSchemas(path, context.facts.tables)
    return after.length === path.length ? [] : [{ role, before: own, after: pathText(after) }]
  })
}

function leftAlone(record: StepData, context: StepContext): string {
  const others = ((record['changes'] ?? []) as Change[]).filter((change) => !isOurs(change, context))
  if (others.length === 0) return ''
  return `, but not of ${others.map(whose).join(', ')}: someone else has changed it since`
}

function isOurs({ role, after }: Change, { facts }: StepContext): boolean {
  const now = facts.pathSettings.find((setting) => setting.role === role)?.own ?? null
  return now !== null && pathText(splitPath(now)) === after
}

function alter(role: string | null, { facts }: StepContext, what: string): string {
  const database = `database ${ident(facts.server.database)}`
  return role === null ? `alter ${database} ${what}` : `alter role ${ident(role)} in ${database} ${what}`
}

function whose({ role }: Pick<PathSetting, 'role'>): string {
  return role === null ? 'the database' : `role ${ident(role)}`
}

function transaction(database: string, sentence: string, statements: readonly string[]): TransactionAction {
  return withoutLocks({ id: 'path', sentence, database, statements, again: 'the same path is set again' })
}
