import type { ErrorCode } from '../errors/codes.ts'
import { MigrateError, type Place } from '../errors/migrate-error.ts'

/** One thing wrong with a plan. */
export interface Problem {
  readonly code: ErrorCode
  readonly message: string
  readonly place: Place
  /** Set when the problem is a variable of the environment without a value. */
  readonly variable?: string
}

/** One error for all problems of a plan, in the order of the file, so that one run of the editor mends them all. */
export function problemsError(file: string, found: readonly Problem[]): MigrateError {
  const problems = distinct(found).toSorted(byPlace)
  const [first] = problems
  if (first === undefined) throw new TypeError('no problem to report')
  const count = problems.length === 1 ? `1 problem: ${first.message}` : `${problems.length} problems`
  return new MigrateError(commonCode(problems), `${file} has ${count}`, {
    detail: problems.map(({ place, message }) => `${at(place)} ${message}`),
    place: first.place,
    next: nextCommands(file, problems),
  })
}

/** `plans/heal7.yaml:12:5`, which terminals and editors make a link of. */
export function at({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`
}

function commonCode(problems: readonly Problem[]): ErrorCode {
  const codes = new Set(problems.map(({ code }) => code))
  const [only] = codes
  return codes.size === 1 && only !== undefined ? only : 'plan-invalid'
}

function nextCommands(file: string, problems: readonly Problem[]): string[] {
  const variables = new Set(problems.flatMap(({ variable }) => variable ?? []))
  const exports = [...variables].map((name) => `export ${name}=…`)
  return [...exports.slice(0, 2), `migrate plan --plan ${file}`]
}

// A YAML alias brings the same value, and so the same problem, to several paths.
function distinct(problems: readonly Problem[]): Problem[] {
  return [
    ...new Map(problems.map((problem) => [`${at(problem.place)} ${problem.message}`, problem])).values(),
  ]
}

function byPlace(a: Problem, b: Problem): number {
  return a.place.line - b.place.line || a.place.column - b.place.column
}
