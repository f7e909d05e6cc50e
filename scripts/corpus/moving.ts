import { type Client, escapeIdentifier } from 'pg'
import { findWatched, readPositions, restorePositions, type Position, type Watched } from './catalog.ts'
import { compareContent, type Stand } from './content.ts'
import type { Corpus, Group } from './folder.ts'
import { replay } from './replay.ts'
import type { Difference } from './report.ts'
import { openClient, openMeasuring } from './sessions.ts'

/**
 * A loaded database that is looked at again and again while it is moved. Besides a fresh session each time it keeps
 * one open all the time, as an application would: what that session has cached must not mislead it later.
 */
export class Moving implements AsyncDisposable {
  readonly differences: (Difference & { phase: string })[] = []
  steps = 0
  checksums = 0
  readonly #url: string
  readonly #corpus: Corpus
  readonly #measuring: Client
  readonly #watched: readonly Watched[]
  readonly #positions: ReadonlyMap<number, Position>
  readonly #kept: Client
  /** The groups that give the same when they are run a second time in one session. */
  #repeatable: readonly Group[] = []

  private constructor(
    url: string,
    corpus: Corpus,
    sessions: { measuring: Client; kept: Client },
    watched: readonly Watched[],
    positions: ReadonlyMap<number, Position>,
  ) {
    this.#url = url
    this.#corpus = corpus
    this.#measuring = sessions.measuring
    this.#kept = sessions.kept
    this.#watched = watched
    this.#positions = positions
  }

  static async begin(url: string, corpus: Corpus): Promise<Moving> {
    const measuring = await openMeasuring(url)
    const kept = await openClient(url)
    const { watched, unknown } = await findWatched(measuring, corpus)
    const positions = await readPositions(measuring)
    const moving = new Moving(url, corpus, { measuring, kept }, watched, positions)
    moving.note(
      'loading',
      unknown.map((key) => ({ step: `where ${key} is`, expected: 'in the database', got: 'nowhere' })),
    )
    await moving.look('loading', { moved: new Set(), hasBothNames: false })
    await moving.#warmUp()
    return moving
  }

  note(phase: string, differences: readonly Difference[]): void {
    for (const difference of differences) this.differences.push({ phase, ...difference })
  }

  /** Compares rows, places, sequences and the workload by the old names with what they were. */
  async look(phase: string, stand: Stand): Promise<void> {
    await this.#compareContent(phase, stand)
    const fresh = await openClient(this.#url)
    await this.#replay(phase, fresh, this.#corpus.workload).finally(() => fresh.end())
    await this.#replay(`${phase}, in an old session`, this.#kept, this.#repeatable)
  }

  /** The same, when only the new names are left. */
  async lookByNewNames(phase: string, stand: Stand): Promise<void> {
    await this.#compareContent(phase, stand)
    const client = await openClient(this.#url)
    try {
      const { rows } = await client.query<{ path: string }>(`select current_setting('search_path') as path`)
      const path = [...[...stand.moved].map(escapeIdentifier), rows[0]!.path].join(', ')
      await client.query(`select set_config('search_path', $1, false)`, [path])
      await this.#replay(phase, client, this.#corpus.workload, 'new')
    } finally {
      await client.end()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#measuring.end(), this.#kept.end()])
  }

  async #compareContent(phase: string, stand: Stand): Promise<void> {
    const { differences, compared } = await compareContent(this.#measuring, this.#watched, stand)
    this.note(phase, differences)
    this.checksums += compared
    const now = await readPositions(this.#measuring)
    for (const [oid, was] of this.#positions) {
      const expected = inWords(was)
      const got = inWords(now.get(oid))
      if (got !== expected) this.note(phase, [{ step: `position of sequence ${was.name}`, expected, got }])
    }
  }

  async #replay(
    phase: string,
    client: Client,
    workload: readonly Group[],
    names: 'old' | 'new' = 'old',
  ): Promise<void> {
    try {
      this.note(phase, await replay(client, workload, names))
      this.steps += workload.reduce((sum, { steps }) => sum + steps.length, 0)
    } finally {
      await restorePositions(this.#measuring, this.#positions)
    }
  }

  /** Some groups do not give the same twice in a session, because of currval or PREPARE; that is no fault. */
  async #warmUp(): Promise<void> {
    const { workload } = this.#corpus
    const differing = new Set<number>()
    for (let round = 1; round <= 2; round++) {
      for (const { group } of await replay(this.#kept, workload)) differing.add(group)
      await restorePositions(this.#measuring, this.#positions)
    }
    this.#repeatable = workload.filter((_, index) => !differing.has(index))
  }
}

function inWords(position: Position | undefined): string {
  return position === undefined
    ? 'it is gone'
    : `${position.value}${position.called ? '' : ' (not used yet)'}`
}
