import { didYouMean } from '../errors/suggest.ts'
import { collisions } from './collide.ts'
import type { Draft, DraftService, Word } from './draft.ts'
import type { Finding } from './finding.ts'

/** From where to where each service moves: known databases, moves this version can do, no two into one schema. */
export function checkMoves(draft: Draft): Finding[] {
  return [
    ...unknownAliases(draft),
    ...betweenDatabases(draft),
    ...severalDatabases(draft),
    ...schemaClashes(draft),
  ]
}

function unknownAliases({ aliases, services }: Draft): Finding[] {
  // Without any, the schema has said enough.
  if (aliases.length === 0) return []
  return services
    .flatMap(({ alias, to }) => [alias, to])
    .filter((word): word is Word => word !== undefined && !aliases.includes(word.text))
    .map(({ text, path }) => ({
      code: 'plan-invalid',
      path,
      message: `no database has the alias "${text}"${didYouMean(text, aliases)}`,
    }))
}

function betweenDatabases(draft: Draft): Finding[] {
  return known(draft).flatMap(({ name, alias, to }): Finding[] => {
    if (alias === undefined || to === undefined || alias.text === to.text) return []
    const message =
      `service "${name}" moves from database "${alias.text}" to "${to.text}"; moves to another database ` +
      'are not available in this version, only from one schema to another of the same database'
    return [{ code: 'move-unsupported', path: to.path, message }]
  })
}

function severalDatabases(draft: Draft): Finding[] {
  const [first, ...others] = known(draft)
  return others.flatMap(({ name, alias }): Finding[] => {
    if (first?.alias === undefined || alias === undefined || alias.text === first.alias.text) return []
    const message =
      `service "${name}" is in database "${alias.text}", service "${first.name}" in "${first.alias.text}"; ` +
      'in this version all services of a plan are in one database: write a plan for each'
    return [{ code: 'move-unsupported', path: alias.path, message, also: [first.alias.path] }]
  })
}

/**
 * A schema belongs to one service: undoing it drops the schema, and its roles get rights on all of it. Nor can
 * a service move out of a schema that another moves into, since what a glob means would depend on the phase.
 */
function schemaClashes({ services }: Draft): Finding[] {
  const shared = collisions(services, ({ to, schema }) => to && key(to.text, schema.text)).map(
    ({ item, others }): Finding => ({
      code: 'mapping-conflict',
      path: item.schema.path,
      message: `schema "${item.schema.text}" is the target of more than one service`,
      also: others.map(({ schema }) => schema.path),
    }),
  )
  const crossed = services.flatMap((source) => services.flatMap((target) => crossing(source, target)))
  return [...shared, ...crossed]
}

function crossing(source: DraftService, target: DraftService): Finding[] {
  const { alias, sourceSchema } = source
  const { to, schema } = target
  if (!alias || !sourceSchema || !to || key(alias.text, sourceSchema.text) !== key(to.text, schema.text))
    return []
  const message =
    source === target
      ? `service "${source.name}" moves tables to the schema they are in`
      : `service "${target.name}" moves tables into schema "${schema.text}", out of which service "${source.name}" moves tables`
  const also = source === target ? {} : { also: [sourceSchema.path] }
  return [{ code: 'mapping-conflict', path: schema.path, message, ...also }]
}

/** Services whose databases exist; about the others enough is said already. */
function known({ aliases, services }: Draft): DraftService[] {
  const isKnown = (word: Word | undefined): boolean => word === undefined || aliases.includes(word.text)
  return services.filter(({ alias, to }) => isKnown(alias) && isKnown(to))
}

function key(...parts: readonly string[]): string {
  return JSON.stringify(parts)
}
