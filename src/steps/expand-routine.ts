import { ident } from '../pg/quoting.ts'
import type { RoutineFacts } from '../survey/facts.ts'
import type { StepKind } from './kind.ts'
import { routineStandIn, settlePrivileges } from './privileges.ts'
import { routinesAction, spelled } from './routines.ts'
import { dropRoutine, hasWrapper, makeWrapper } from './wrapper.ts'

type Config = { readonly database: string; readonly routine: number }

/** Makes the new name of a function usable while it still has its old one: a wrapper that calls it. */
export const expandRoutine: StepKind<Config> = {
  kind: 'expand-routine',
  traits: { lock: 'none' },
  summary: ({ routine }, context) => {
    const it = context.routine(routine)
    return hasWrapper(it)
      ? `wrapper ${ident(it.target)}.${spelled(it)} that calls ${ident(it.source)}.${spelled(it)}`
      : `(no wrapper, by its policy) ${ident(it.target)}.${spelled(it)}`
  },
  undoSummary: ({ routine }, context) => {
    const it = context.routine(routine)
    return `drop the wrapper ${ident(it.target)}.${spelled(it)}`
  },
  observe({ routine }, context) {
    const it = context.routine(routine)
    switch (it.location.stand) {
      case 'plain':
        return hasWrapper(it) ? 'absent' : 'present'
      case 'expanded':
        return it.location.differences.length === 0 ? 'present' : 'partial'
      case 'switched':
      case 'alone':
        return 'present'
      default:
        return 'unknown'
    }
  },
  actions({ database, routine }, context) {
    const it = context.routine(routine)
    if (!hasWrapper(it)) return []
    return [
      action(database, it, 'make the wrapper', [
        makeWrapper(it, it.target, context.plan.name, false),
        ...settlePrivileges(context.plan.name, [routineStandIn(it, it.target)]),
      ]),
    ]
  },
  undo({ database, routine }, context) {
    const it = context.routine(routine)
    const { stand, wrapper } = it.location
    return stand === 'expanded' && wrapper !== null
      ? [
          action(database, it, 'drop the wrapper', [
            ...settlePrivileges(context.plan.name, [routineStandIn(it, it.target)], true),
            dropRoutine(wrapper),
          ]),
        ]
      : []
  },
}

function action(
  database: string,
  routine: RoutineFacts,
  what: string,
  statements: readonly string[],
): ReturnType<typeof routinesAction> {
  return routinesAction(
    database,
    `wrapper-${routine.oid}`,
    `${what} ${ident(routine.target)}.${spelled(routine)}`,
    statements,
  )
}
