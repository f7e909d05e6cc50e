import { readPrivilegeChanges, type PrivilegeChange } from '../journal/privileges.ts'
import { ident } from '../pg/quoting.ts'
import { spelled } from '../steps/routines.ts'
import { hasWrapper } from '../steps/wrapper.ts'
import type { RoutineFacts } from '../survey/facts.ts'
import { changedPrivileges } from './changed-privileges.ts'
import type { Probe, ProbeFinding } from './probe.ts'

/** Old name and new name of each function do the same for the same roles. */
export const functions: Probe = {
  id: 'functions',
  title: 'functions answer to old and new name',
  async run({ session, plan, facts }) {
    const changes = await readPrivilegeChanges(session, plan.name, { tables: [], routines: facts.routines })
    return facts.routines.flatMap((routine) => [
      ...problems(routine, changes),
      ...changedPrivileges(called(routine), routine.oid, changes),
    ])
  },
}

function problems(routine: RoutineFacts, changes: readonly PrivilegeChange[]): ProbeFinding[] {
  const { stand, where } = routine.location
  const isToCome = changes.some(({ object }) => object === routine.oid)
  const differences = routine.location.differences.filter(
    (it) => !isToCome || (it !== 'owner' && it !== 'privileges'),
  )
  const texts = [
    ...(stand === 'missing' ? [`it is at ${where}, neither its old nor its new name`] : []),
    ...(stand === 'foreign' ? ['a function that is not of this plan has its other name'] : []),
    ...(differences.length === 0
      ? []
      : [`it and the wrapper under its other name differ in ${differences.join(', ')}`]),
    ...(stand === 'switched' && !hasWrapper(routine) ? ['its policy leaves nothing at the old name'] : []),
  ]
  return texts.map((text) => ({
    severity: 'error',
    on: called(routine),
    text,
  }))
}

function called(routine: RoutineFacts): string {
  return `${ident(routine.source)}.${spelled(routine)}`
}
