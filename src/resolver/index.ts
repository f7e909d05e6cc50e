export { createResolver, type JournalOptions, type ResolverOptions } from './create.ts'
export { MigrateError as ResolverError } from '../errors/migrate-error.ts'
export type { Location } from './mapping.ts'
export type { Pools, PoolsOptions } from './pools.ts'
export type { OnProblem, Problem, ProblemKind, Undecided } from './problem.ts'
export type { RedisKey, RedisRule } from './redis.ts'
export type { Resolver, Unknown } from './resolver.ts'
export {
  parseSnapshot,
  type MappedName,
  type MappedService,
  type NamedClass,
  type NameState,
  type Snapshot,
} from './snapshot.ts'
export type { ClientLike, PoolLike } from './wrap.ts'
