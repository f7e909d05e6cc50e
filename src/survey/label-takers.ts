import type { RoutineText } from '../catalog/routine-texts.ts'
import { runsTexts } from './body.ts'

/**
 * The names of functions that make neither names nor SQL of what they are given, and give it to none that does: what such a
 * function is given is a value.
 */
export function labelTakers(routines: readonly RoutineText[]): ReadonlySet<string> {
  const wordsOf = new Map<RoutineText, Set<string>>(
    routines.map((routine) => [
      routine,
      new Set(routine.source?.toLowerCase().match(/[\w$\u0080-\uffff]+/g)),
    ]),
  )
  const others = new Set(
    routines.filter(({ source }) => source === null || runsTexts.test(source)).map(({ name }) => name),
  )
  for (let before = -1; before < others.size;) {
    before = others.size
    for (const [{ name }, words] of wordsOf)
      if (!others.has(name) && [...words].some((word) => others.has(word))) others.add(name)
  }
  return new Set(routines.map(({ name }) => name).filter((name) => !others.has(name)))
}
