import chalk from 'chalk'
import type { Breaking } from '../../statements/breaking.ts'
import type { Origin, PlanStatements } from '../../statements/of-plan.ts'
import { table } from './table.ts'

/** Statements that would break under the policy of their table, and policies that would fit better. */
export function renderStatements(statements: PlanStatements): string[] {
  const { origin, breaking, unparsable, proposals } = statements
  return [
    '',
    chalk.bold('Statements'),
    `  ${summary(statements)}`,
    ...groups(breaking).flatMap(renderGroup),
    ...(unparsable.length === 0
      ? []
      : [
          `  ${unparsable.length} could not be parsed, and are not judged:`,
          ...unparsable.map(({ reason, sql }) => chalk.dim(`      ${reason}: ${sql}`)),
        ]),
    ...(origin.kind === 'pg_stat_statements' && origin.hidden > 0
      ? [`  ${origin.hidden} could not be read: grant pg_read_all_stats to the runner`]
      : []),
    ...(proposals.length === 0
      ? []
      : [
          '',
          chalk.bold('Policies that would fit better'),
          table(proposals.map((it) => [it.table, `${it.chosen} → ${it.proposed}`, it.reason])),
        ]),
  ]
}

function summary({ origin, examined, breaking }: PlanStatements): string {
  if (origin.kind === 'none') return `not known: ${origin.reason}; --statements FILE looks into a file`
  return `${breaking.length} would break, of ${examined} that name these tables (${source(origin)})`
}

function source(origin: Exclude<Origin, { kind: 'none' }>): string {
  if (origin.kind === 'file') return origin.file
  return origin.since === null ? origin.kind : `${origin.kind} since ${origin.since}`
}

/** Statements of one table and trap are shown together; they come in that order. */
function groups(all: readonly Breaking[]): Breaking[][] {
  const found = new Map<string, Breaking[]>()
  for (const statement of all) {
    const key = `${statement.table}\0${statement.trap}`
    found.set(key, [...(found.get(key) ?? []), statement])
  }
  return [...found.values()]
}

function renderGroup(group: readonly Breaking[]): string[] {
  const { table: name, policy, trap, outcome, breaks, wayOut } = group[0]!
  return [
    `  ${name} (${policy})  ${trap}: ${breaks} (${outcome})`,
    ...group.map(({ calls, role, sql }) => chalk.dim(`      ${calls} × ${role}: ${sql}`)),
    chalk.dim(`      → ${wayOut}`),
  ]
}
