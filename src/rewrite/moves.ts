/** What a name can stand for. A table stands for its row type, too. */
export type NameClass = 'relation' | 'type' | 'routine'

/** Something that has another schema now, under the same name. */
export interface Move {
  readonly class: NameClass
  readonly schema: string
  readonly name: string
  readonly target: string
}

/** Where the names of a plan have gone. Immutable: another state of the move is another object. */
export class Moves {
  readonly #found: ReadonlyMap<string, Move>
  /** Every name of which something moves, without its schema. */
  readonly names: ReadonlySet<string>
  /** The schemas that things move from, and to. */
  readonly sources: ReadonlySet<string>
  readonly targets: ReadonlySet<string>

  /** @throws RangeError when one name would go to two schemas. */
  constructor(moves: readonly Move[]) {
    const found = new Map<string, Move>()
    for (const move of moves) {
      for (const of of classes(move.class)) {
        const known = found.get(key(of, move.schema, move.name))
        if (known !== undefined && known.target !== move.target)
          throw new RangeError(
            `${move.schema}.${move.name} would go to both ${known.target} and ${move.target}`,
          )
        found.set(key(of, move.schema, move.name), move)
      }
    }
    // The type of arrays is called like that of the elements, with a _ before it (manual, CREATE TYPE).
    const arrays = moves
      .filter((move) => move.class !== 'routine' && !found.has(key('type', move.schema, `_${move.name}`)))
      .map((move): Move => ({ ...move, class: 'type', name: `_${move.name}` }))
    for (const array of arrays) found.set(key('type', array.schema, array.name), array)
    this.#found = found
    this.names = new Set([...moves, ...arrays].map(({ name }) => name))
    this.sources = new Set(moves.map(({ schema }) => schema))
    this.targets = new Set(moves.map(({ target }) => target))
  }

  /** What has this name now. */
  gone(of: NameClass, target: string, name: string): Move | undefined {
    return [...this.sources]
      .map((source) => this.find(of, source, name))
      .find((move) => move?.target === target)
  }

  find(of: NameClass, schema: string, name: string): Move | undefined {
    return this.#found.get(key(of, schema, name))
  }
}

function classes(of: NameClass): NameClass[] {
  return of === 'relation' ? ['relation', 'type'] : [of]
}

function key(of: NameClass, schema: string, name: string): string {
  return `${of}\0${schema}\0${name}`
}
