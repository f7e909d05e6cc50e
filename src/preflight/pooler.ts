import { isMigrateError } from '../errors/migrate-error.ts'
import { AdminConsole } from '../pg/console.ts'
import { describeTarget } from '../pg/target.ts'
import { pooledName } from '../pooler/pooler.ts'
import type { Draft, Rule } from './rule.ts'

/** Can the pooler that the plan names be paused? */
export const poolerRules: readonly Rule[] = [
  {
    id: 'pooler-unusable',
    code: 'PF-27',
    severity: 'error',
    waivable: true,
    phases: ['switch'],
    async check({ plan, session }) {
      const spec = plan.databases[session.target.alias]!
      if (spec.pooler === undefined) return []
      const reason = await unusable(spec.pooler.admin, pooledName(spec, spec.pooler))
      return reason === undefined ? [] : [draft(spec.pooler.admin, reason)]
    },
  },
]

function draft(url: string, reason: string): Draft {
  return {
    on: describeTarget({ alias: 'pooler', url }),
    text: `the pooler cannot be paused: ${reason}`,
    remedy: 'correct "pooler" in the plan, or waive it: the switch then goes on without a pause',
  }
}

async function unusable(url: string, database: string): Promise<string | undefined> {
  try {
    await using console = await AdminConsole.open(url)
    const databases = await console.databases().catch(() => undefined)
    if (databases === undefined) return 'this is not the admin console of a PgBouncer'
    if (!databases.some(({ name }) => name === database)) return `it offers no database "${database}"`
    return (await console.mayPause()) ? undefined : 'this role may look, but not PAUSE'
  } catch (error) {
    if (isMigrateError(error)) return error.message
    throw error
  }
}
