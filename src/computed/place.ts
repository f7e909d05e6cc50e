import { ident } from '../pg/identifier.ts'
import type { Written } from './names.ts'
import type { Standing } from './value.ts'

/** Before the run, from the switches on, and once contract has dropped the old names. */
export type Time = 'now' | 'switched' | 'contracted'

export interface MovedName {
  readonly schema: string
  readonly name: string
  readonly target: string
  /** Does something of its name stay in the old schema until contract? */
  readonly staysUntilContract: boolean
}

/** Which relations there are at a time of the move. */
export class Places {
  readonly #moves: ReadonlyMap<string, MovedName>
  readonly #arrivals: ReadonlySet<string>
  readonly #exists: (schema: string, name: string) => boolean

  constructor(moves: readonly MovedName[], exists: (schema: string, name: string) => boolean) {
    this.#moves = new Map(moves.map((move) => [key(move.schema, move.name), move]))
    this.#arrivals = new Set(moves.map(({ target, name }) => key(target, name)))
    this.#exists = exists
  }

  /** Where a name leads on a search_path: the schema, or undefined where it leads nowhere. */
  find({ schema, name }: Written, path: readonly string[], time: Time): string | undefined {
    const at = schema === undefined ? ['pg_catalog', ...path] : [schema]
    return at.find((each) => this.#has(each, name, time))
  }

  #has(schema: string, name: string, time: Time): boolean {
    // PostgreSQL's own, and tables of the session that the function makes itself.
    if (schema === 'information_schema' || schema.startsWith('pg_temp')) return schema !== 'pg_temp'
    const move = this.#moves.get(key(schema, name))
    if (move !== undefined) return time === 'now' || (time === 'switched' && move.staysUntilContract)
    return (time !== 'now' && this.#arrivals.has(key(schema, name))) || this.#exists(schema, name)
  }

  /** Does a name in that schema go with its table, so that from the switch on it is another relation there? */
  isLeft(schema: string, name: string): boolean {
    return this.#moves.has(key(schema, name))
  }

  /** What a trigger of a table knows of it at a time. */
  standing(
    table: { schema: string; name: string },
    args: readonly string[],
    path: readonly string[],
    time: Time,
  ): Standing {
    const { name } = table
    const schema =
      time === 'now' ? table.schema : (this.#moves.get(key(table.schema, name))?.target ?? table.schema)
    const isSeen = this.find({ schema: undefined, name }, path, time) === schema
    return { schema, name, arguments: args, printed: `${isSeen ? '' : `${ident(schema)}.`}${ident(name)}` }
  }
}

function key(schema: string, name: string): string {
  return `${schema}\0${name}`
}
