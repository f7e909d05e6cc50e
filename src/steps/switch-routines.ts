import { stageSchema } from '../catalog/names.ts'
import type { RoutineFacts } from '../survey/facts.ts'
import type { StepContext, StepKind } from './kind.ts'
import { routineStandIn, settlePrivileges } from './privileges.ts'
import { routinesAction, spelled } from './routines.ts'
import { createTelltale, dropTelltale } from './telltale.ts'
import { counts } from './watch-names.ts'
import { hasWrapper, isCountable, makeWrapper, moveRoutine } from './wrapper.ts'

type Config = { readonly database: string; readonly service: string; readonly routines: readonly number[] }

/**
 * Functions change places with their wrappers. Nobody waits: a call that has begun goes on with the function it found,
 * by its OID, and the next one finds the name.
 */
export const switchRoutines: StepKind<Config> = {
  kind: 'switch-routines',
  traits: { lock: 'none', renames: true },
  summary: ({ routines, service }, context) =>
    `move ${list(routines, context)} of ${service}, and leave wrappers under the old names`,
  undoSummary: ({ routines }, context) => `move ${list(routines, context)} back`,
  observe({ routines }, context) {
    const all = routines.map((oid) => context.routine(oid))
    if (all.every(isThere)) return all.every(isCurrent) ? 'present' : 'partial'
    return all.every(({ location }) => location.stand === 'plain' || location.stand === 'expanded')
      ? 'absent'
      : 'partial'
  },
  actions: ({ database, service, routines }, context) => [
    routinesAction(
      database,
      `routines-${service}`,
      'move functions to their new names and leave wrappers',
      routines.flatMap((oid) => forward(context.routine(oid), context)),
    ),
  ],
  undo: ({ database, service, routines }, context) => [
    routinesAction(
      database,
      `routines-${service}`,
      'move functions back to their old names',
      routines.flatMap((oid) => back(context.routine(oid), context)),
    ),
  ],
}

function isThere({ location }: RoutineFacts): boolean {
  return location.stand === 'switched' || location.stand === 'alone'
}

/** Under the old name is something that no longer passes on what the function takes. */
function isCurrent({ location }: RoutineFacts): boolean {
  return location.differences.length === 0
}

function forward(routine: RoutineFacts, context: StepContext): string[] {
  const { oid, location, source, target } = routine
  const watched = isCountable(routine) && counts(context)
  const wrapper = [
    ...(watched ? createTelltale(oid, context.facts.wayOfCounting) : []),
    makeWrapper(routine, source, context.plan.name, watched),
    ...settlePrivileges(context.plan.name, [routineStandIn(routine, source)]),
  ]
  if (location.stand === 'alone') return []
  if (location.stand === 'switched') return wrapper
  // One that somebody has dropped since expand is made anew.
  if (location.wrapper === null) return [moveRoutine(oid, target), ...(hasWrapper(routine) ? wrapper : [])]
  return [
    moveRoutine(location.wrapper, stageSchema),
    moveRoutine(oid, target),
    moveRoutine(location.wrapper, source),
    ...wrapper,
  ]
}

function back(routine: RoutineFacts, context: StepContext): string[] {
  const { oid, location, source, target } = routine
  if (!isThere(routine)) return []
  const wrapper = [
    makeWrapper(routine, target, context.plan.name, false),
    ...settlePrivileges(context.plan.name, [routineStandIn(routine, target)]),
  ]
  if (location.wrapper === null) return [moveRoutine(oid, source), ...(hasWrapper(routine) ? wrapper : [])]
  return [
    moveRoutine(location.wrapper, stageSchema),
    moveRoutine(oid, source),
    moveRoutine(location.wrapper, target),
    ...wrapper,
    ...dropTelltale(oid),
  ]
}

function list(routines: readonly number[], context: StepContext): string {
  const names = routines.map((oid) => spelled(context.routine(oid)))
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
