import type { Follower } from './follower.ts'
import { ready } from './later.ts'
import type { Location } from './mapping.ts'
import type { OnProblem } from './problem.ts'
import type { NamedClass, Snapshot } from './snapshot.ts'
import type { State } from './state.ts'
import { ident, qualified } from '../pg/identifier.ts'
import { Pools, type PoolsOptions } from './pools.ts'
import type { RedisKey, RedisKeys } from './redis.ts'
import { wrapClient, wrapPool, type ClientLike, type PoolLike, type WrapSettings } from './wrap.ts'

/** What to answer for a table that the plan does not know: an error, or that it is in this schema. */
export type Unknown = 'error' | { readonly schema: string; readonly database?: string }

export interface ResolverParts {
  readonly state: State
  readonly follower: Follower | undefined
  readonly unknown: Unknown
  readonly path: readonly string[]
  readonly onProblem: OnProblem
  readonly redis: RedisKeys
}

/** A statement that failed waits so long for the mapping, and no longer: where that cannot be had its error is told. */
const longestWaitMs = 2_000

/** Tells a service where its tables live now. Every answer is of this moment: ask again rather than keep it. */
export class Resolver implements AsyncDisposable {
  readonly #parts: ResolverParts

  constructor(parts: ResolverParts) {
    this.#parts = parts
  }

  /** The mapping as it is now, as plain data. */
  get snapshot(): Snapshot {
    return this.#parts.state.mapping.snapshot
  }

  get epoch(): number {
    return this.snapshot.epoch
  }

  /**
   * The name to write in a statement for `users` or `public.users`, quoted where needed.
   * @throws MigrateError `name-unknown` for what the plan does not know, unless `unknown` gives it a schema
   */
  table(name: string): string {
    return this.#write(name, 'relation')
  }

  /** The same for a function or procedure. */
  routine(name: string): string {
    return this.#write(name, 'routine')
  }

  /** The same for a type that moves by its own name. */
  type(name: string): string {
    return this.#write(name, 'type')
  }

  /**
   * Where a table is now: database, schema, service and state.
   * @throws MigrateError `name-unknown`, also where `unknown` gives a schema and no database
   */
  locate(name: string): Location {
    const { mapping } = this.#parts.state
    const found = mapping.find(name)
    if (found !== undefined) return mapping.locate(found)
    const { unknown } = this.#parts
    if (unknown === 'error' || unknown.database === undefined) return mapping.unknown(name)
    return {
      database: unknown.database,
      ...mapping.elsewhere(name, unknown.schema),
      service: '',
      state: 'old',
    }
  }

  /**
   * What search_path a service’s connections are to have now, as `set search_path to` takes it.
   * @throws MigrateError `name-unknown`
   */
  searchPath(service: string): string {
    return this.#parts.state.mapping.searchPath(service).map(ident).join(', ')
  }

  /**
   * A statement, or several, with the names of this moment. What cannot be parsed comes back as it is and `onProblem` is told.
   * @param settings.path the schemas in which names without one are looked up, unless that of the resolver
   * @throws MigrateError `statement-undecided` where the resolver’s `undecided` is `throw`
   */
  rewrite(sql: string, { path = this.#parts.path }: { readonly path?: readonly string[] } = {}): string {
    return this.#parts.state.rewriter(path).rewrite(sql).text
  }

  /** The same for a text that may be long: one of more than 8 kB is parsed in a thread of its own, and nothing waits for it. */
  async rewriteAsync(
    sql: string,
    { path = this.#parts.path }: { readonly path?: readonly string[] } = {},
  ): Promise<string> {
    const { state } = this.#parts
    const rewriter = await ready([sql], () => state.rewriter(path))
    return rewriter.rewrite(sql).text
  }

  /** A pool of pg, as it is, whose statements are rewritten, also those of the clients that it lends. */
  wrap<P extends PoolLike>(pool: P, settings: { readonly path?: readonly string[] } = {}): P {
    return wrapPool(pool, this.#wrapping(settings))
  }

  /** A client of pg, as it is, whose statements are rewritten. */
  wrapClient<C extends ClientLike>(client: C, settings: { readonly path?: readonly string[] } = {}): C {
    return wrapClient(client, this.#wrapping(settings))
  }

  /**
   * A pool of pg for each service, with its search_path, whose statements are rewritten unless the resolver was made without
   * that. A name that is no service of the plan has a pool too, where it has a URL.
   */
  async pools(options: PoolsOptions = {}): Promise<Pools> {
    const { default: driver } = await import('pg')
    const { state } = this.#parts
    const knows = (service: string): boolean => Object.hasOwn(this.snapshot.services, service)
    return new Pools(
      {
        make: (service, config) => {
          const pool = new driver.Pool(config)
          if (!state.rewrites) return pool
          return this.wrap(pool, knows(service) ? { path: state.mapping.searchPath(service) } : {})
        },
        searchPath: (service) => (knows(service) ? this.searchPath(service) : undefined),
      },
      options,
    )
  }

  /**
   * The key after the move, and the database of Redis that it is in, by the rules of `redis`.
   * @throws MigrateError `name-unknown` for a key of no rule, unless `unknown` says where such things are: then it stays
   */
  redisKey(key: string): RedisKey {
    const { redis, unknown, state } = this.#parts
    const found = redis.find(key)
    if (found !== undefined) return found
    return unknown === 'error' ? state.mapping.unknown(key) : { key, db: 0 }
  }

  /** Calls after every change of the mapping, until the returned function is called. */
  onChange(listener: () => void): () => void {
    return this.#parts.state.onChange(listener)
  }

  /** Reads the mapping once more; resolves when it was tried. */
  async refresh(): Promise<void> {
    await this.#parts.follower?.refresh()
  }

  /** Ends the connection by which changes are followed. What is known stays known. */
  async close(): Promise<void> {
    await this.#parts.follower?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #wrapping({ path = this.#parts.path }: { readonly path?: readonly string[] }): WrapSettings {
    const { state, onProblem } = this.#parts
    state.rewriter(path)
    return {
      rewriter: (temporary) => state.rewriter(path, temporary),
      holds: (name) => state.mapping.holds(name),
      refresh: () => within(longestWaitMs, this.refresh()),
      onProblem,
    }
  }

  #write(name: string, of: NamedClass): string {
    const { mapping } = this.#parts.state
    const found = mapping.find(name, of)
    if (found !== undefined) return mapping.write(found)
    const { unknown } = this.#parts
    return unknown === 'error' ? mapping.unknown(name) : qualified(mapping.elsewhere(name, unknown.schema))
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
