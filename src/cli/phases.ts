import { MigrateError } from '../errors/migrate-error.ts'
import type { Plan } from '../plan/plan.ts'

/** A phase number as typed. @throws MigrateError `usage-invalid` naming the phases there are */
export function phaseNumber(plan: Plan, text: string, option: string, least = 1): number {
  const number = Number(text)
  const last = plan.phases.at(-1)!.number
  if (!Number.isInteger(number) || number < least || number > last) {
    throw new MigrateError(
      'usage-invalid',
      `${option} takes a phase from ${least} to ${last}, not "${text}"`,
      {
        detail: plan.phases.map((phase) => `${phase.number}  ${phase.name}`),
        next: ['migrate status        tells the phases and the next command'],
      },
    )
  }
  return number
}

/** Exactly one of several options. */
export function onlyOne(options: Record<string, unknown>, names: readonly string[]): string {
  const given = names.filter((name) => options[name] !== undefined)
  if (given.length === 1) return given[0]!
  const list = names.map((name) => `--${name}`).join(', ')
  throw new MigrateError(
    'usage-invalid',
    given.length === 0 ? `say one of ${list}` : `say only one of ${list}`,
    { next: ['migrate status        tells the phases and the next command'] },
  )
}
