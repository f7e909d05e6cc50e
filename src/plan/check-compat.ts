import type { Draft } from './draft.ts'
import type { Finding } from './finding.ts'

/** The policy search-path needs to know whose path is meant. */
export function checkCompat({ policies, namesPath }: Draft): Finding[] {
  const first = policies.find(({ text }) => text === 'search-path')
  if (first === undefined || namesPath) return []
  const message =
    'policy search-path needs "searchPath": the roles whose search_path gets the new schemas, or database: true'
  return [{ code: 'plan-invalid', path: first.path, message }]
}
