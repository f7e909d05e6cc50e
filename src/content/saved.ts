import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ComparisonState, TableComparison } from './compare.ts'

/** How often a running comparison is written down, ms: so much is read again after a kill. */
const interval = 1_000

/** What was found longer ago is no longer believed. */
const longestAgeMs = 24 * 3_600_000

interface Content {
  readonly of: readonly string[]
  /** When it was begun. */
  readonly at: string
  readonly done: Record<string, TableComparison>
  readonly under: Record<string, ComparisonState>
}

/**
 * How far a comparison of many tables is, in a file, so that one that was killed goes on where it was. It holds keys of rows
 * and is for the operator's eyes only.
 */
export class SavedComparison {
  readonly #path: string
  readonly #content: Content
  #written = 0

  private constructor(path: string, content: Content) {
    this.#path = path
    this.#content = content
  }

  /**
   * Opens what an earlier comparison of the same has left, or begins anew.
   * @param of everything that decides what is compared; with something else it is another comparison
   */
  static async open(folder: string, of: readonly string[], isFresh: boolean): Promise<SavedComparison> {
    const name = createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 16)
    const path = join(folder, `compare-${name}.json`)
    const found = isFresh ? undefined : await readContent(path)
    const isSame = JSON.stringify(found?.of) === JSON.stringify(of)
    const isRecent = Date.now() - Date.parse(found?.at ?? '') < longestAgeMs
    const at = new Date().toISOString()
    return new SavedComparison(
      path,
      found !== undefined && isSame && isRecent ? found : { of, at, done: {}, under: {} },
    )
  }

  get path(): string {
    return this.#path
  }

  /** Whether an earlier comparison left something. */
  get isContinued(): boolean {
    return Object.keys(this.#content.done).length + Object.keys(this.#content.under).length > 0
  }

  get begunAt(): string {
    return this.#content.at
  }

  /** What was found of a table; differences are not kept, since they may have been put right. */
  done(table: string): TableComparison | undefined {
    const found = this.#content.done[table]
    return found?.isEqual === true ? found : undefined
  }

  under(table: string): ComparisonState | undefined {
    return this.#content.under[table]
  }

  /** Keeps how far a table is; writes it now and then. */
  async reach(table: string, state: ComparisonState): Promise<void> {
    this.#content.under[table] = state
    if (performance.now() - this.#written >= interval) await this.#write()
  }

  async finish(table: string, comparison: TableComparison): Promise<void> {
    this.#content.done[table] = comparison
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a map that is written as JSON
    delete this.#content.under[table]
    await this.#write()
  }

  /** Writes how far it is, for a comparison that was stopped. */
  async keep(): Promise<void> {
    if (this.isContinued) await this.#write()
  }

  /** The whole comparison is at its end. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true })
  }

  async #write(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    await writeFile(`${this.#path}.new`, JSON.stringify(this.#content), { mode: 0o600 })
    await rename(`${this.#path}.new`, this.#path)
    this.#written = performance.now()
  }
}

/** A file that cannot be read is no reason not to compare: it begins anew. */
async function readContent(path: string): Promise<Content | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Content
  } catch {
    return undefined
  }
}
