import { MigrateError } from '../errors/migrate-error.ts'
import type { RunRow } from '../journal/rows.ts'
import type { ServerFacts } from '../pg/server.ts'
import type { Plan } from '../plan/plan.ts'

/**
 * A run goes on only in the database it began in and with the plan it began with.
 * @throws MigrateError `identity-changed`, `plan-changed` with what is different
 */
export async function checkIdentity(plan: Plan, server: ServerFacts, run: RunRow): Promise<void> {
  if (run.systemIdentifier !== server.systemIdentifier || run.databaseOid !== server.databaseOid) {
    throw new MigrateError(
      'identity-changed',
      `this is not the database on which the run of plan "${plan.name}" began`,
      {
        detail: [
          `began on server ${run.systemIdentifier}, database ${run.databaseName} (${run.databaseOid})`,
          `this is server ${server.systemIdentifier}, database ${server.database} (${server.databaseOid})`,
          'a copy of a database holds a copy of its journal, which is not true there',
        ],
        next: [
          'correct the URL in the plan’s environment variable',
          `in a copy: migrate adopt --dry-run        says whether the run can be taken over here`,
          `or, to give it up in the copy: migrate uninstall --forget --confirm ${plan.name}`,
        ],
      },
    )
  }
  await checkPlan(plan, run)
}

/** @throws MigrateError `plan-changed` */
export async function checkPlan(plan: Plan, run: RunRow): Promise<void> {
  if (run.hash === plan.hash) return
  throw new MigrateError('plan-changed', `plan "${plan.name}" has changed since its run began`, {
    detail: await changes(run.structure, plan.structure),
    next: [
      'put the plan back as it was and finish, or roll back first: migrate rollback --to 0',
      'or give the changed plan another name',
    ],
  })
}

async function changes(before: string, now: string): Promise<string[]> {
  const { createTwoFilesPatch } = await import('diff')
  return createTwoFilesPatch('began with', 'now', before, now, undefined, undefined, { context: 1 })
    .split('\n')
    .filter((line) => /^[-+](?![-+])/.test(line))
    .slice(0, 40)
}
