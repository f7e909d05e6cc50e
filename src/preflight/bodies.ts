import { callersDecide } from '../rewrite/decide.ts'
import type { BodyFacts } from '../survey/bodies.ts'
import type { Doubt } from '../survey/body.ts'
import type { Rule } from './rule.ts'

const shown = 10

/** Rules about the text of functions, which contract rewrites before it drops the old names. */
export const bodyRules: readonly Rule[] = [
  {
    id: 'body-undecided',
    code: 'PF-5',
    severity: 'error',
    waivable: true,
    phases: ['contract'],
    check: ({ facts }) =>
      facts.bodies.flatMap(({ signature, doubts }) => {
        const named = doubts.filter(({ name }) => name !== '')
        if (named.length === 0) return []
        return [
          {
            on: signature,
            text: `nobody can decide what ${namesOf(named)} in its text ${named.length === 1 ? 'means' : 'mean'}: ${lines(named)}`,
            remedy: named.some(({ reason }) => reason.startsWith(callersDecide))
              ? 'write the schema of the one that is meant there, or give the function a search_path of its own'
              : 'write the new names there, or make sure by hand that it needs none',
          },
        ]
      }),
  },
  {
    id: 'body-computed',
    code: 'PF-5',
    severity: 'error',
    waivable: true,
    phases: ['contract'],
    check: ({ facts }) =>
      facts.bodies.flatMap(({ signature, doubts }) => {
        const computed = doubts.filter(({ name }) => name === '')
        if (computed.length === 0) return []
        return [
          {
            on: signature,
            text: `it executes SQL of which the tables show only when it runs: ${places(computed)}`,
            remedy: 'look at what it puts in, and waive this for it when no old name can come in',
          },
        ]
      }),
  },
  {
    id: 'body-not-mine',
    code: 'PF-5',
    severity: 'error',
    waivable: true,
    phases: ['contract'],
    check: ({ facts }) =>
      facts.bodies
        .filter((body) => !body.isMine && isToChange(body))
        .map(({ signature }) => ({
          on: signature,
          text: `its text uses old names and ${facts.server.user} may not replace it`,
          remedy: `make ${facts.server.user} a member of its owner with CREATE on its schema, or let its owner write the new names`,
        })),
  },
]

function isToChange({ renamed, last }: BodyFacts): boolean {
  return renamed !== undefined || last.length > 0
}

function namesOf(doubts: readonly Doubt[]): string {
  return [...new Set(doubts.map(({ name }) => name))].join(', ')
}

function places(doubts: readonly Doubt[]): string {
  return [...new Set(doubts.map(({ line, reason }) => `line ${line} (${reason})`))].slice(0, shown).join(', ')
}

function lines(doubts: readonly Doubt[]): string {
  const all = doubts.map(({ name, line, reason }) => `line ${line}: ${name} (${reason})`)
  const more = all.length > shown ? `; and ${all.length - shown} more` : ''
  return all.slice(0, shown).join('; ') + more
}
