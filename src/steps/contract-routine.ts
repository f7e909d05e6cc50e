import { ident } from '../pg/quoting.ts'
import type { StepKind } from './kind.ts'
import { routineStandIn, settlePrivileges } from './privileges.ts'
import { routinesAction, spelled } from './routines.ts'
import { createTelltale, dropTelltale } from './telltale.ts'
import { dropRoutine, makeWrapper } from './wrapper.ts'

type Config = { readonly database: string; readonly routine: number }

/** Drops the wrapper under the old name of a function; the undo makes it again. */
export const contractRoutine: StepKind<Config> = {
  kind: 'contract-routine',
  traits: { lock: 'none', destroys: 'the wrapper under the old name, until it is made again' },
  summary: ({ routine }, context) => {
    const it = context.routine(routine)
    return `drop the old name ${ident(it.source)}.${spelled(it)}`
  },
  undoSummary: ({ routine }, context) => {
    const it = context.routine(routine)
    return `make the old name ${ident(it.source)}.${spelled(it)} again`
  },
  record({ routine }, context) {
    const { wrapper, isWatched } = context.routine(routine).location
    return { hadWrapper: wrapper !== null, isWatched }
  },
  observe({ routine }, context) {
    const { stand } = context.routine(routine).location
    return stand === 'alone' ? 'present' : stand === 'switched' ? 'absent' : 'unknown'
  },
  actions({ database, routine }, context) {
    const it = context.routine(routine)
    const { wrapper } = it.location
    if (wrapper === null) return []
    return [
      routinesAction(
        database,
        `contract-routine-${routine}`,
        `drop the wrapper ${ident(it.source)}.${spelled(it)}`,
        // Never CASCADE: whatever still depends on the old name must be seen.
        [
          ...settlePrivileges(context.plan.name, [routineStandIn(it, it.source)], true),
          dropRoutine(wrapper),
          ...dropTelltale(routine),
        ],
      ),
    ]
  },
  settle: () => [],
  undo({ database, routine }, context, record) {
    const it = context.routine(routine)
    if (record['hadWrapper'] !== true || it.location.stand !== 'alone') return []
    const isWatched = record['isWatched'] === true
    return [
      routinesAction(
        database,
        `contract-routine-${routine}`,
        `make the wrapper ${ident(it.source)}.${spelled(it)} again`,
        [
          ...(isWatched ? createTelltale(routine, context.facts.wayOfCounting) : []),
          makeWrapper(it, it.source, context.plan.name, isWatched),
          ...settlePrivileges(context.plan.name, [routineStandIn(it, it.source)]),
        ],
      ),
    ]
  },
}
