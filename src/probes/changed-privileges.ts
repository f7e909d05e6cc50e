import type { PrivilegeChange } from '../journal/privileges.ts'
import type { ProbeFinding } from './probe.ts'

/**
 * What somebody has changed by one name since both were the same: the next command that changes something carries it over.
 * Only what it could not carry over is wrong.
 */
export function changedPrivileges(
  on: string,
  object: number,
  changes: readonly PrivilegeChange[],
): ProbeFinding[] {
  return ([true, false] as const).flatMap((isNew): ProbeFinding[] => {
    const evidence = changes.filter((it) => it.object === object && it.isNew === isNew).map((it) => it.change)
    if (evidence.length === 0) return []
    return [
      {
        severity: isNew ? 'warning' : 'error',
        on,
        text: isNew
          ? 'privileges were changed by one of its names; the next command that changes something carries it over'
          : 'privileges that were changed by one of its names could not be changed by the other',
        evidence,
      },
    ]
  })
}
