import { connectionProblem } from '../pg/connection-string.ts'
import { interpolate, isAddressPath, isTemplatePath } from './interpolate.ts'
import type { PlanPath } from './plan.ts'
import type { Problem } from './problem.ts'
import type { PlanSource } from './source.ts'

/** References to the environment: well-formed, with a value that can be read (unless `env` is not asked for), and only in URLs. */
export function checkTemplates(source: PlanSource, env: NodeJS.ProcessEnv | undefined): Problem[] {
  return strings(source.value).flatMap(({ text, path }): Problem[] => {
    const place = source.place(path)
    if (isTemplatePath(path)) return urlProblems(text, path, env).map((problem) => ({ ...problem, place }))
    if (!text.includes('${')) return []
    // Anything else would make one plan mean different moves on different machines.
    const message = `${path.join('.')}: \${…} is read in connection strings and addresses only`
    return [{ code: 'plan-invalid', message, place }]
  })
}

function urlProblems(
  url: string,
  path: PlanPath,
  env: NodeJS.ProcessEnv | undefined,
): Omit<Problem, 'place'>[] {
  const result = interpolate(url, env ?? {})
  if ('problems' in result) {
    return result.problems
      .filter(({ variable }) => env !== undefined || variable === undefined)
      .map((problem) => ({
        code: problem.variable === undefined ? 'plan-invalid' : 'env-missing',
        ...problem,
      }))
  }
  // libpq would take an empty string for "the local default database".
  if (result.text.trim() === '') return [{ code: 'plan-invalid', message: 'the url is empty' }]
  if (env === undefined) return []
  const problem = isAddressPath(path) ? addressProblem(result.text, url) : connectionProblem(result.text)
  if (problem === undefined) return []
  const what = isAddressPath(path) ? 'the address' : 'the connection string'
  return [{ code: 'plan-invalid', message: `${path.join('.')}: ${what} cannot be used: ${problem}` }]
}

/** The address may hold a password or a token, and is not repeated. */
function addressProblem(text: string, written: string): string | undefined {
  // Without a reference the schema says it.
  if (text === written && !/^https?:\/\//.test(text)) return undefined
  const isAddress = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
  return isAddress ? undefined : 'it is no address of http or https'
}

function strings(
  value: unknown,
  path: PlanPath = [],
  around: readonly unknown[] = [],
): { text: string; path: PlanPath }[] {
  if (typeof value === 'string') return [{ text: value, path }]
  // A YAML alias may stand inside the very thing it repeats.
  if (typeof value !== 'object' || value === null || around.includes(value)) return []
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value)
  return entries.flatMap(([key, inner]) => strings(inner, [...path, key], [...around, value]))
}
