import { readParity } from '../catalog/parity.ts'
import { readChangedOnPurpose } from '../journal/privileges.ts'
import { qualified } from '../pg/quoting.ts'
import { oldName } from '../steps/names.ts'
import type { TableFacts } from '../survey/facts.ts'
import type { Probe, ProbeContext, ProbeFinding } from './probe.ts'

/** Each table is what it was before the run: columns, constraints, indexes, triggers, privileges, policies, comments. */
export const parity: Probe = {
  id: 'parity',
  title: 'tables have everything they had before the run',
  async run(context) {
    const known = context.tables.filter(({ relation }) => context.baselines.has(relation))
    const now = await readParity(
      context.session,
      known.map(({ relation }) => relation),
    )
    const onPurpose = await readChangedOnPurpose(
      context.session,
      known.map(({ relation }) => relation),
    )
    return known.flatMap((table) =>
      compare(
        context,
        qualified(oldName(table)),
        table,
        context.baselines.get(table.relation)!.lines,
        now.get(table.relation) ?? [],
        onPurpose.has(table.relation),
      ),
    )
  },
}

function compare(
  { plan }: ProbeContext,
  on: string,
  { service, location, live }: TableFacts,
  before: readonly string[],
  now: readonly string[],
  isOnPurpose: boolean,
): ProbeFinding[] {
  const roles = plan.services.find(({ name }) => name === service)?.roles ?? []
  // A partition may have been detached since, or a table attached.
  const different = difference(before, now).filter(
    (line) => live.isPartition || !/^(inherits|partition bound) /.test(line),
  )
  // Somebody has changed them, by the one name or the other: the tool writes no comments, and knows what it granted.
  const isOfOthers = (line: string): boolean => isComment(line) || (isOnPurpose && isPrivilege(line))
  const lost = different.filter((line) => !isOfOthers(line))
  const changed = different.filter(isOfOthers)
  const gained = difference(now, before).filter(
    (line) =>
      !roles.some((role) => line.startsWith('grant ') && line.endsWith(` to ${role}`)) &&
      !(location.shell !== null && /^(inherits|partition bound) /.test(line)),
  )
  return [
    ...(lost.length === 0
      ? []
      : [
          {
            severity: 'error' as const,
            on,
            text: `${lost.length} properties it had before the run are gone or different`,
            evidence: lost,
          },
        ]),
    ...(changed.length > 0
      ? [
          {
            severity: 'warning' as const,
            on,
            text: `somebody has changed its ${changed.every(isComment) ? 'comments' : 'privileges'} since the run began`,
            evidence: changed,
          },
        ]
      : []),
    ...(gained.length === 0
      ? []
      : [
          {
            severity: 'warning' as const,
            on,
            text: `${gained.length} properties are new since the run began`,
            evidence: gained,
          },
        ]),
  ]
}

function isComment(line: string): boolean {
  return line.startsWith('comment ')
}

function isPrivilege(line: string): boolean {
  return line.startsWith('grant ') || line.startsWith('owner ')
}

function difference(a: readonly string[], b: readonly string[]): string[] {
  const other = new Set(b)
  return a.filter((line) => !other.has(line))
}
