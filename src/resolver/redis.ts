import { MigrateError } from '../errors/migrate-error.ts'

/** Keys that begin with `from` begin with `to` after the move, and are in another database of Redis. */
export interface RedisRule {
  readonly from: string
  readonly to: string
  readonly db: number
}

export interface RedisKey {
  readonly key: string
  readonly db: number
}

/** Finds keys of Redis after the move. The longest beginning decides, so that a rule may be an exception of another. */
export class RedisKeys {
  readonly #rules: readonly RedisRule[]

  /** @throws MigrateError `mapping-invalid` for a beginning that is given twice, or a database that cannot be */
  constructor(rules: readonly RedisRule[]) {
    for (const [index, { from, to, db }] of rules.entries()) {
      if (from === '' || to === '') throw wrong(index, 'needs a beginning of keys in both `from` and `to`')
      if (!Number.isSafeInteger(db) || db < 0) throw wrong(index, `has ${db}, no number of a database`)
      if (rules.findIndex((other) => other.from === from) < index)
        throw wrong(index, `has "${from}", which another has too`)
    }
    this.#rules = rules.toSorted((a, b) => b.from.length - a.from.length)
  }

  /** The key after the move; one that is new already stays as it is. Nothing for a key of no rule. */
  find(key: string): RedisKey | undefined {
    // The new beginning first where it is the longer: `saju_service:` begins with what `saju` would be.
    const fitting = this.#rules.flatMap(({ from, to, db }) => [
      ...(key.startsWith(to) ? [{ length: to.length, key, db }] : []),
      ...(key.startsWith(from) ? [{ length: from.length, key: to + key.slice(from.length), db }] : []),
    ])
    const [found] = fitting.sort((a, b) => b.length - a.length)
    return found === undefined ? undefined : { key: found.key, db: found.db }
  }
}

function wrong(index: number, problem: string): MigrateError {
  return new MigrateError(
    'mapping-invalid',
    `the names of Redis cannot be used: redis[${index}] ${problem}`,
    {
      next: ['correct `redis` of createResolver'],
    },
  )
}
