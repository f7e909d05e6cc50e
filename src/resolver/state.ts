import { Mapping } from './mapping.ts'
import type { OnProblem, Problem, Undecided } from './problem.ts'
import type { Parts } from './load-parts.ts'
import { Rewriter } from './rewriter.ts'
import type { MappedService, Snapshot } from './snapshot.ts'

export interface StateSettings {
  readonly first: Snapshot
  /** What rewrites; nothing for a service that only asks for names. */
  readonly parts: Parts | undefined
  readonly undecided: Undecided
  readonly refusesTooLong: boolean
  readonly onProblem: OnProblem
}

/** What is known now. It changes as a whole: whoever holds a mapping or a rewriter goes on with the one of that moment. */
export class State {
  readonly #settings: StateSettings
  readonly #listeners = new Set<() => void>()
  #mapping: Mapping
  #rewriters = new Map<string, Rewriter>()
  #lastTold: string | undefined

  constructor(settings: StateSettings) {
    this.#settings = settings
    this.#mapping = new Mapping(settings.first)
    this.#prove(this.#mapping)
  }

  get mapping(): Mapping {
    return this.#mapping
  }

  get rewrites(): boolean {
    return this.#settings.parts !== undefined
  }

  /** What rewrites for a search_path and the temporary relations of a session. */
  rewriter(path: readonly string[], temporary = nothing): Rewriter {
    const { parts, ...rest } = this.#settings
    if (parts === undefined)
      throw new TypeError('this resolver was made with `rewrites: false`, or libpg-query is not installed')
    const key = JSON.stringify([path, [...temporary].sort()])
    let found = this.#rewriters.get(key)
    if (found === undefined) {
      found = new Rewriter(parts, this.#mapping, { ...rest, path, temporary })
      this.#rewriters.set(key, found)
    }
    return found
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Takes a newer snapshot in place of what is known, or says why not. */
  take(read: Snapshot | undefined): void {
    const known = this.#mapping.snapshot
    if (read === undefined) {
      // Epoch 0 was written before the plan had begun: then there is no journal yet.
      if (known.epoch > 0)
        this.#tellOnce({
          kind: 'gone',
          text: `nothing is known there of plan "${known.plan}" any more, the last mapping is kept`,
        })
      return
    }
    if (read.plan !== known.plan)
      return this.#tellOnce({
        kind: 'foreign',
        text: `it is of plan "${read.plan}", not of "${known.plan}"; the last mapping is kept`,
      })
    if (read.epoch < known.epoch)
      return this.#tellOnce({
        kind: 'stale',
        text: `it is of epoch ${read.epoch}, and ${known.epoch} is known; the last mapping is kept`,
      })
    if (read.hash !== known.hash && known.hash !== '')
      this.#tellOnce({ kind: 'replanned', text: `plan "${read.plan}" was ${known.hash} and is ${read.hash}` })
    else this.#lastTold = undefined
    this.#replace({ ...read, services: withPaths(read.services, known.services) })
  }

  #replace(next: Snapshot): void {
    const before = this.#mapping.snapshot
    if (JSON.stringify(next) === JSON.stringify(before)) return
    const mapping = new Mapping(next)
    this.#prove(mapping)
    this.#mapping = mapping
    this.#rewriters = new Map()
    for (const listener of this.#listeners) {
      try {
        listener()
      } catch (error) {
        // The mapping was taken all the same, and the others are to hear of it.
        process.emitWarning(error instanceof Error ? error : String(error))
      }
    }
  }

  /** A mapping that cannot rewrite is refused as a whole, before it is anyone’s. */
  #prove(mapping: Mapping): void {
    const { parts, ...rest } = this.#settings
    if (parts !== undefined) new Rewriter(parts, mapping, { ...rest, path: [], temporary: nothing })
  }

  #tellOnce(problem: Problem): void {
    if (this.#lastTold === problem.text) return
    this.#lastTold = problem.text
    this.#settings.onProblem(problem)
  }
}

const nothing: ReadonlySet<string> = new Set()

/** A journal does not say what search_path a service wants; what was said before stays, and services that it does not know. */
function withPaths(
  read: Readonly<Record<string, MappedService>>,
  known: Readonly<Record<string, MappedService>>,
): Record<string, MappedService> {
  const merged = Object.entries(read).map(([name, service]) => {
    const before = Object.hasOwn(known, name) ? known[name] : undefined
    return [
      name,
      { ...service, searchPath: before?.schema === service.schema ? before.searchPath : service.searchPath },
    ]
  })
  return { ...known, ...(Object.fromEntries(merged) as Record<string, MappedService>) }
}
