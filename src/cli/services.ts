import { MigrateError } from '../errors/migrate-error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { Plan } from '../plan/plan.ts'

/** The name of a service as typed. @throws MigrateError `usage-invalid` naming the services there are */
export function serviceNamed(plan: Plan, name: string): string {
  const names = plan.services.map((service) => service.name)
  if (names.includes(name)) return name
  throw new MigrateError('usage-invalid', `the plan has no service "${name}"${didYouMean(name, names)}`, {
    detail: names,
  })
}
