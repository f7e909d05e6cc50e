import { ident } from '../pg/quoting.ts'
import { spelled } from '../steps/routines.ts'
import { hasWrapper } from '../steps/wrapper.ts'
import type { RoutineFacts } from '../survey/facts.ts'
import type { Probe, ProbeFinding } from './probe.ts'

/** Old name and new name of each function do the same for the same roles. */
export const functions: Probe = {
  id: 'functions',
  title: 'functions answer to old and new name',
  run: ({ facts }) => Promise.resolve(facts.routines.flatMap(problems)),
}

function problems(routine: RoutineFacts): ProbeFinding[] {
  const { stand, differences, where } = routine.location
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
    on: `${ident(routine.source)}.${spelled(routine)}`,
    text,
  }))
}
