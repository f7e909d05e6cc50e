import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { MigrateError } from '../errors/migrate-error.ts'
import { didYouMean } from '../errors/suggest.ts'

/** The only plan in a folder (`plans` unless told), or an error that lists what is there. */
export async function findPlan(dir = 'plans'): Promise<string> {
  const files = await plansIn(dir)
  const [only] = files
  if (only !== undefined && files.length === 1) return only
  if (files.length === 0) {
    throw new MigrateError('plan-not-found', `there is no plan in ${dir}`, { next: ['migrate init'] })
  }
  throw new MigrateError(
    'plan-not-found',
    `there are ${files.length} plans in ${dir}; say which with --plan`,
    {
      detail: files,
      next: files.slice(0, 3).map((file) => `migrate plan --plan ${file}`),
    },
  )
}

/** Why a plan file could not be read, with the one that was probably meant. */
export async function notReadable(file: string, cause: unknown): Promise<MigrateError> {
  // By form, not by class: the errors of node:fs may come from another realm than ours.
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'unknown'
  const reason = reasons[code] ?? `cannot be read (${code})`
  const beside = code === 'ENOENT' ? await plansIn(dirname(file)) : []
  const hint = didYouMean(
    basename(file),
    beside.map((other) => basename(other)),
  )
  return new MigrateError('plan-not-found', `${file} ${reason}${hint}`, {
    detail: beside.map((other) => `there is ${other}`),
    next:
      beside.length > 0
        ? beside.slice(0, 3).map((other) => `migrate plan --plan ${other}`)
        : ['migrate init'],
    cause,
  })
}

async function plansIn(dir: string): Promise<string[]> {
  try {
    const names = await readdir(dir)
    const isPlan = (name: string): boolean => /\.ya?ml$/.test(name) && !name.startsWith('.')
    return names
      .filter(isPlan)
      .toSorted()
      .map((name) => join(dir, name))
  } catch {
    // No folder, no plans; why makes no difference to what the operator does next.
    return []
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder, not a plan',
  ENOTDIR: 'does not exist',
  EACCES: 'cannot be read: permission denied',
}
