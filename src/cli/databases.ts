import { MigrateError } from '../errors/migrate-error.ts'
import { connectionProblem, readConnection } from '../pg/connection-string.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import type { Plan } from '../plan/plan.ts'

/**
 * The database that an option names: an alias of the plan, or the environment variable that holds its connection string.
 * Arguments can be read by every user of the machine, so a connection string is taken only without a password, and what
 * is neither is not repeated.
 * @throws MigrateError `usage-invalid`
 */
export function databaseNamed(
  option: string,
  name: string,
  known: Plan['databases'] = {},
  alias = name,
): DatabaseTarget {
  const url = known[name]?.url ?? process.env[name]
  if (url !== undefined && url !== '') return { alias: name, url }
  const example = `${option} ${isName(name) ? name : 'OTHER_URL'}`
  const next = [`export ${isName(name) ? name : 'OTHER_URL'}=postgresql://…`, `then ${example}`]
  if (isName(name)) {
    const aliases = Object.keys(known)
    throw new MigrateError(
      'usage-invalid',
      `${option}: neither the plan nor the environment knows "${name}"`,
      {
        ...(aliases.length === 0 ? {} : { detail: [`databases of the plan: ${aliases.join(', ')}`] }),
        next,
      },
    )
  }
  const problem = connectionProblem(name)
  if (problem === undefined && !holdsPassword(name)) return { alias, url: name }
  throw new MigrateError(
    'usage-invalid',
    problem === undefined
      ? `${option} takes no connection string with a password`
      : `${option}: this is neither a name nor a connection string: ${problem}`,
    { detail: ['arguments can be read by every user of the machine'], next },
  )
}

/** The connection string in a variable of the environment. @throws MigrateError `env-missing`, `usage-invalid` */
export function urlInVariable(option: string, variable: string): string {
  if (!isName(variable)) {
    throw new MigrateError('usage-invalid', `${option} takes the name of an environment variable`, {
      detail: ['not the connection string itself: arguments can be read by every user of the machine'],
      next: ['export DATABASE_URL=postgresql://user@host/database', `then ${option} DATABASE_URL`],
    })
  }
  const url = process.env[variable]
  if (url !== undefined && url !== '') return url
  throw new MigrateError('env-missing', `environment variable ${variable} is not set`, {
    next: [`export ${variable}=postgresql://user@host/database`],
  })
}

function isName(text: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(text)
}

function holdsPassword(url: string): boolean {
  const { password, sslpassword } = readConnection(url)
  return [password, sslpassword].some((each) => typeof each === 'string' && each !== '')
}
