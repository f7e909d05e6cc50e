import { MigrateError } from '../errors/migrate-error.ts'
import { isGlob } from '../plan/match.ts'
import type { Plan } from '../plan/plan.ts'
import type { NamedMove } from './named-moves.ts'

/**
 * The names that a plan tells by itself. Those of primary keys and sequences are guessed: only the catalogs know them.
 * @throws MigrateError `plan-invalid` when a name is a pattern, which only the catalogs can say the meaning of
 */
export function offlineMoves({ file, services }: Plan): NamedMove[] {
  const globs = services.flatMap(({ name, tables, views, functions, types }) =>
    [...tables, ...views, ...functions, ...types].filter(isGlob).map((pattern) => `${name}: ${pattern}`),
  )
  if (globs.length > 0)
    throw new MigrateError('plan-invalid', `${file} has patterns, and only its database knows their tables`, {
      detail: globs,
      next: ['migrate rewrite … without --offline', 'migrate rewrite --mapping <file> …'],
    })
  return services.flatMap((service) => {
    const move = (of: NamedMove['class'], name: string, table = name): NamedMove => ({
      class: of,
      schema: service.sourceSchema,
      name,
      target: service.schema,
      service: service.name,
      of: table,
    })
    return [
      ...service.tables.flatMap((table) => [
        move('relation', table),
        move('relation', `${table}_pkey`, table),
        move('relation', `${table}_id_seq`, table),
      ]),
      ...service.views.map((view) => move('relation', view)),
      ...service.functions.map((name) => move('routine', name.replace(/\(.*$/s, ''))),
      ...service.types.map((name) => move('type', name)),
    ]
  })
}
