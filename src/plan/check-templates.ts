import { interpolate, isTemplatePath } from './interpolate.ts'
import type { PlanPath } from './plan.ts'
import type { Problem } from './problem.ts'
import type { PlanSource } from './source.ts'

/** References to the environment: well-formed, with a value (unless `env` is not asked for), and only in URLs. */
export function checkTemplates(source: PlanSource, env: NodeJS.ProcessEnv | undefined): Problem[] {
  return strings(source.value).flatMap(({ text, path }): Problem[] => {
    const place = source.place(path)
    if (isTemplatePath(path)) return urlProblems(text, env).map((problem) => ({ ...problem, place }))
    if (!text.includes('${')) return []
    // Anything else would make one plan mean different moves on different machines.
    const message = `${path.join('.')}: \${…} is read in connection strings and addresses only`
    return [{ code: 'plan-invalid', message, place }]
  })
}

function urlProblems(url: string, env: NodeJS.ProcessEnv | undefined): Omit<Problem, 'place'>[] {
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
  return result.text.trim() === '' ? [{ code: 'plan-invalid', message: 'the url is empty' }] : []
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
