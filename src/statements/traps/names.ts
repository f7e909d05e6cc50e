import { here } from '../finding-tables.ts'
import type { Trap } from '../trap.ts'

/** Policies under which a name itself is gone. A warning: whoever chose them knows, and the runner’s own text counts too. */
export const nameTraps: readonly Trap[] = [
  {
    id: 'qualified-name',
    breaks: 'fails: under the old schema there is no such table',
    severity: 'warning',
    path: '42P01',
    wayOut: 'leave the schema out, or use the new name',
    find: (at) => (at.tag === 'RangeVar' ? here(at).filter(({ isQualified }) => isQualified) : []),
  },
  {
    id: 'old-name',
    breaks: 'fails: nothing has the old name',
    severity: 'warning',
    nothing: '42P01',
    wayOut: 'use the new name',
    find: (at) => (at.tag === 'RangeVar' ? here(at) : []),
  },
]
