import type { Verdict } from '../computed/judge.ts'
import type { TriggerText } from '../survey/trigger-texts.ts'
import type { Draft, PreflightContext, Rule } from './rule.ts'

/** Rules about trigger functions that make names, and SQL, of what they are told of their table as they run. */
export const triggerTextRules: readonly Rule[] = [
  {
    id: 'trigger-name-fails',
    code: 'PF-5',
    severity: 'error',
    waivable: true,
    phases: ['switch', 'contract'],
    check: (context) => drafts(context, 'error'),
  },
  {
    id: 'trigger-name-changes',
    code: 'PF-5',
    severity: 'warning',
    waivable: true,
    phases: ['switch', 'contract'],
    check: (context) => drafts(context, 'warning'),
  },
]

/** One finding for each function, whatever the number of its triggers. */
function drafts({ facts, tables, phase }: PreflightContext, severity: Verdict['severity']): Draft[] {
  const here = new Set(tables.map(({ relation }) => relation))
  const moving = new Set(facts.tables.map(({ relation }) => relation))
  const functions = new Map<string, TriggerText[]>()
  for (const text of facts.triggerTexts)
    if (here.has(text.relation) || !moving.has(text.relation))
      functions.set(text.signature, [...(functions.get(text.signature) ?? []), text])
  return [...functions].flatMap(([signature, texts]): Draft[] => {
    const verdicts = texts.flatMap((text) =>
      text.verdicts.filter((it) => it.severity === severity && it.phase === phase),
    )
    if (verdicts.length === 0) return []
    const lines = [...new Set(verdicts.map(({ line, text }) => `line ${line}: ${text}`))]
    const triggers = [...new Set(texts.map(({ trigger, on }) => `${trigger} on ${on}`))]
    return [
      {
        on: signature,
        text: `${lines[0]!}${lines.length > 1 ? `; and ${lines.length - 1} more` : ''} (trigger ${triggers.slice(0, 3).join(', ')}${triggers.length > 3 ? ` and ${triggers.length - 3} more` : ''})`,
        evidence: lines,
        remedy: [...new Set(verdicts.map(({ remedy }) => remedy))].join('; '),
      },
    ]
  })
}
