import type { Draft, Word } from './draft.ts'
import type { Finding } from './finding.ts'
import { isGlob } from './match.ts'
import { nameProblem, schemaNameProblem } from './names.ts'

/** Names that PostgreSQL would not take, and schemas that are not for the operator's tables. */
export function checkNames(draft: Draft): Finding[] {
  return draft.services.flatMap((service) => [
    ...(service.sourceSchema ? findings([service.sourceSchema], schemaNameProblem) : []),
    ...findings([service.schema], schemaNameProblem),
    ...[service.tables, service.views, service.functions, service.types].flatMap((patterns) =>
      findings(patterns, (pattern) => (isGlob(pattern) ? undefined : nameProblem(pattern))),
    ),
    ...findings(service.roles, nameProblem),
  ])
}

function findings(words: readonly Word[], problem: (name: string) => string | undefined): Finding[] {
  return words.flatMap(({ text, path }): Finding[] => {
    const message = problem(text)
    return message === undefined ? [] : [{ code: 'plan-invalid', path, message }]
  })
}
