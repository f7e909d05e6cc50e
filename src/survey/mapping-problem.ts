import { MigrateError } from '../errors/migrate-error.ts'
import type { Plan } from '../plan/plan.ts'

/** A name of the plan that does not fit the database. */
export interface MappingProblem {
  readonly code: 'table-not-found' | 'mapping-conflict'
  readonly text: string
  readonly path: readonly (string | number)[]
}

/** All that does not fit, as one error at the place of the first. */
export function mappingError(plan: Plan, problems: readonly MappingProblem[]): MigrateError {
  const code = problems.every((problem) => problem.code === 'mapping-conflict')
    ? 'mapping-conflict'
    : 'table-not-found'
  const lines = problems.map(({ path, text }) => {
    const place = plan.place(path)
    return { place, line: `${place.file}:${place.line}:${place.column} ${text}` }
  })
  const count =
    problems.length === 1 ? problems[0]!.text : `${problems.length} names of the plan do not fit the database`
  return new MigrateError(code, count, {
    detail: lines.map(({ line }) => line),
    place: lines[0]!.place,
    next: ['correct the plan, then run the same command again'],
  })
}
