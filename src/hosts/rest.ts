import type { Context, Decision, HostString } from './context.ts'
import type { Finding } from './finding.ts'
import type { Part } from './strings.ts'

/** A decision with a finding for every name in the string that has none yet: nothing is missed in silence. */
export function withRest({ names }: Context, { parts }: HostString, decision: Decision): Decision {
  const rest: Finding[] = []
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'hole') continue
    for (const { name, start, end } of names.wordsIn(part.text)) {
      const place = { name, start: part.places[start]!, end: part.places[end] ?? part.end }
      if (
        decision.findings.some(
          (each) => each.name !== '' && each.start <= place.start && place.start < each.end,
        )
      )
        continue
      const sides = [
        start === 0 ? parts[index - 1] : undefined,
        end === part.text.length ? parts[index + 1] : undefined,
      ]
      rest.push(
        sides.some((side) => side?.kind === 'hole')
          ? {
              ...place,
              kind: 'undecided',
              code: 'dynamic-name',
              reason: 'it is joined to something that is put in when the program runs',
            }
          : {
              ...place,
              kind: 'kept',
              reason: sides.some(goesOn) ? 'a part of another name' : 'no name of a relation here',
            },
      )
    }
  }
  return { ...decision, findings: [...decision.findings, ...rest] }
}

function goesOn(side: Part | undefined): boolean {
  return side?.kind === 'text' && /^[\p{L}\d_]|[\p{L}\d_]$/u.test(side.text)
}
