import { MigrateError } from '../errors/migrate-error.ts'
import { qualified } from '../pg/identifier.ts'
import type { MappedName, NamedClass, NameState, Snapshot } from './snapshot.ts'

/** Where something is now. */
export interface Location {
  readonly database: string
  readonly schema: string
  readonly name: string
  readonly service: string
  readonly state: NameState
}

/** Does a statement that is written now use the new name? */
export function usesNew({ state, keepsOld = true }: MappedName): boolean {
  // Where nothing is left at the old name after the switch, the new one is used before it: it works from expand on.
  return state === 'moved' || state === 'new' || (state === 'both' && !keepsOld)
}

/** A snapshot that can be asked. Immutable: what has changed is another object. */
export class Mapping {
  readonly snapshot: Snapshot
  readonly #byName = new Map<string, MappedName[]>()

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot
    for (const each of snapshot.names) {
      const found = this.#byName.get(each.name)
      if (found === undefined) this.#byName.set(each.name, [each])
      else found.push(each)
    }
  }

  /**
   * The thing of a name, `users` or `public.users`, as catalogs write it; of the new schema is as good as of the old.
   * @throws MigrateError `name-unknown` when the name alone stands for two
   */
  find(written: string, of: NamedClass = 'relation'): MappedName | undefined {
    const [schema, name] = this.#split(written)
    const found = (this.#byName.get(name) ?? []).filter(
      (each) =>
        each.class === of && (schema === undefined || each.schema === schema || each.target === schema),
    )
    if (found.length > 1)
      throw new MigrateError('name-unknown', `"${written}" can be any of ${found.map(old).join(', ')}`, {
        next: ['write it with its old schema'],
      })
    return found[0]
  }

  /** Is it the name of anything of the plan, in whatever schema and state? */
  holds(name: string): boolean {
    return this.#byName.has(name)
  }

  /** @throws MigrateError `name-unknown` */
  unknown(written: string): never {
    throw new MigrateError(
      'name-unknown',
      `nothing called "${written}" moves by plan "${this.snapshot.plan}"`,
      {
        next: ['correct the name, or set `unknown` of createResolver to the schema of what does not move'],
      },
    )
  }

  locate(found: MappedName): Location {
    const { state, service } = found
    const { database } = this.snapshot.services[service]!
    return { database, schema: schemaNow(found), name: found.name, service, state }
  }

  /** `schema.name` as a statement writes it now. */
  write(found: MappedName): string {
    return qualified({ schema: schemaNow(found), name: found.name })
  }

  /**
   * The schemas of a service’s `search_path`, as it is to be now. Until everything of its schemas has moved the old schemas come first:
   * there each name is the table itself, or what stands for it.
   * @throws MigrateError `name-unknown`
   */
  searchPath(service: string): string[] {
    const { services, names } = this.snapshot
    if (!Object.hasOwn(services, service))
      throw new MigrateError(
        'name-unknown',
        `plan "${this.snapshot.plan}" has no service "${service}", only ${Object.keys(services).join(', ')}`,
        { next: ['correct the name of the service'] },
      )
    const { searchPath } = services[service]!
    const its = names.filter(({ target }) => searchPath.includes(target))
    const sources = its.map(({ schema }) => schema)
    const path = its.every(usesNew) ? [...searchPath, ...sources] : [...sources, ...searchPath]
    return [...new Set(path)]
  }

  /** A name of nothing that moves: in the schema that is written, or else in the one that is given. */
  elsewhere(written: string, schema: string): { readonly schema: string; readonly name: string } {
    const [said = schema, name] = this.#split(written)
    return { schema: said, name }
  }

  #split(written: string): [string | undefined, string] {
    const dot = written.indexOf('.')
    return dot === -1 || this.#byName.has(written)
      ? [undefined, written]
      : [written.slice(0, dot), written.slice(dot + 1)]
  }
}

function schemaNow(found: MappedName): string {
  return usesNew(found) ? found.target : found.schema
}

function old({ schema, name }: MappedName): string {
  return `${schema}.${name}`
}
