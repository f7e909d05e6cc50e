/** Keeps the texts that were used last, so many and in no more bytes. A Map remembers the order in which its keys came. */
export class LeastRecent<V extends { readonly text: string }> {
  readonly #values = new Map<string, V>()
  readonly #most: number
  readonly #mostBytes: number
  #bytes = 0

  constructor(most: number, mostBytes: number) {
    this.#most = most
    this.#mostBytes = mostBytes
  }

  get(key: string): V | undefined {
    const value = this.#values.get(key)
    if (value === undefined) return undefined
    this.#values.delete(key)
    this.#values.set(key, value)
    return value
  }

  /** Keeps a value of a key that has none. */
  set(key: string, value: V): void {
    this.#values.set(key, value)
    this.#bytes += bytesOf(key, value.text)
    for (const [oldest, { text }] of this.#values) {
      if (this.#values.size <= this.#most && this.#bytes <= this.#mostBytes) return
      this.#values.delete(oldest)
      this.#bytes -= bytesOf(oldest, text)
    }
  }
}

/** A character takes two, or one where no text has others than those of Latin 1; what is unchanged is kept once. */
function bytesOf(key: string, text: string): number {
  return 2 * (key === text ? key.length : key.length + text.length)
}
