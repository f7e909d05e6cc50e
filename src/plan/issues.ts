import type { z } from 'zod'
import { didYouMean } from '../errors/suggest.ts'
import { knownKeys } from './json-schema.ts'
import type { PlanPath } from './plan.ts'
import type { Problem } from './problem.ts'
import type { PlanSource } from './source.ts'

type Issue = z.core.$ZodIssue

/** What the schema found, in the operator's words and at the operator's line and column. */
export function issueProblems(source: PlanSource, issues: readonly Issue[]): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment))
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(source, path, key))
    const place = issue.code === 'invalid_key' ? source.keyPlace(path) : source.place(path)
    return [{ code: 'plan-invalid', message: messageFor(issue, path, valueAt(source.value, path)), place }]
  })
}

function unknownKey(source: PlanSource, path: PlanPath, key: string): Problem {
  const known = knownKeys(path)
  const hint = didYouMean(key, known) || ` (known here: ${known.join(', ')})`
  const message = `unknown key "${key}"${inside(path)}${hint}`
  return { code: 'plan-invalid', message, place: source.keyPlace([...path, key]) }
}

function messageFor(issue: Issue, path: PlanPath, value: unknown): string {
  const label = path.join('.')
  if (path.length === 0)
    return value == null ? 'the plan is empty' : `a plan is a mapping, not ${kindOf(value)}`
  if (value === undefined) return `"${path.at(-1)}" is missing${inside(path.slice(0, -1))}`
  switch (issue.code) {
    case 'invalid_type':
      return `${label}: expected ${expectedKinds[issue.expected] ?? issue.expected}, got ${kindOf(value)}${quotingHint(issue.expected, value)}`
    case 'invalid_value':
      return `${label}: ${oneOf(issue.values, value)}`
    case 'invalid_key':
      return `${label}: ${issue.issues[0]?.message ?? issue.message}`
    default:
      return `${label}: ${issue.message}`
  }
}

function oneOf(values: readonly unknown[], value: unknown): string {
  const accepted = values.map((one) => JSON.stringify(one)).join(', ')
  const wanted = values.length === 1 ? `only ${accepted} is accepted` : `expected one of ${accepted}`
  if (typeof value !== 'string' && typeof value !== 'number') return `${wanted}, got ${kindOf(value)}`
  const hint = values.length > 1 && typeof value === 'string' ? didYouMean(value, values.map(String)) : ''
  return `${wanted}, got ${JSON.stringify(value)}${hint}`
}

function inside(path: PlanPath): string {
  return path.length === 0 ? '' : ` in ${path.join('.')}`
}

function valueAt(value: unknown, path: PlanPath): unknown {
  return path.reduce<unknown>(
    (at, segment) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, segment)
        ? (at as Record<string | number, unknown>)[segment]
        : undefined,
    value,
  )
}

// The kind only, never the value: it may be a connection string with a password in it.
function kindOf(value: unknown): string {
  if (value === null) return 'nothing'
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction'
  if (Array.isArray(value)) return 'a list'
  return (
    { string: 'text', number: 'a number', bigint: 'a number', boolean: 'true or false' }[
      typeof value as string
    ] ?? 'a mapping'
  )
}

function quotingHint(expected: string, value: unknown): string {
  return expected === 'string' && value !== null && typeof value !== 'object' ? ' (put it in quotes)' : ''
}

const expectedKinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}
