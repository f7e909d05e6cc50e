import { readFile } from 'node:fs/promises'
import { MigrateError } from '../errors/migrate-error.ts'
import { checkPlan } from './check.ts'
import { checkTemplates } from './check-templates.ts'
import { notReadable } from './find.ts'
import { issueProblems } from './issues.ts'
import type { Plan } from './plan.ts'
import { problemsError } from './problem.ts'
import { resolvePlan } from './resolve.ts'
import { planSchema } from './schema.ts'
import { parseSource } from './source.ts'

export interface ReadOptions {
  /** False leaves `${NAME}` in the URLs as written, for commands that need no database. */
  readonly interpolate?: boolean
}

/** Reads a plan, or throws one error that lists everything wrong with it. */
export async function readPlan(
  file: string,
  env: NodeJS.ProcessEnv,
  options: ReadOptions = {},
): Promise<Plan> {
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch (error) {
    throw await notReadable(file, error)
  }
  return parsePlan(file, decode(file, bytes), env, options)
}

/** The same for a text that is read already; `file` is how places name it. */
export function parsePlan(
  file: string,
  text: string,
  env: NodeJS.ProcessEnv,
  options: ReadOptions = {},
): Plan {
  const used = options.interpolate === false ? undefined : env
  const source = parseSource(file, text)
  if (!source.isReadable) throw problemsError(file, source.problems)
  const parsed = planSchema.safeParse(source.value)
  const problems = [
    ...source.problems,
    ...issueProblems(source, parsed.error?.issues ?? []),
    ...checkPlan(source),
    ...checkTemplates(source, used),
  ]
  if (!parsed.success || problems.length > 0) throw problemsError(file, problems)
  return resolvePlan(file, parsed.data, (path) => source.place(path), used)
}

function decode(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new MigrateError('plan-invalid', `${file} is not UTF-8 text`, {
      next: [`save it as UTF-8, then: migrate plan --plan ${file}`],
      cause,
    })
  }
}
