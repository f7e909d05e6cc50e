/** Keeps the texts that were used last, so many and no more characters. A Map remembers the order in which its keys came. */
export class LeastRecent<V extends { readonly text: string }> {
  readonly #values = new Map<string, V>()
  readonly #most: number
  readonly #mostCharacters: number
  #characters = 0

  constructor(most: number, mostCharacters: number) {
    this.#most = most
    this.#mostCharacters = mostCharacters
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
    this.#characters += key.length + value.text.length
    for (const [oldest, { text }] of this.#values) {
      if (this.#values.size <= this.#most && this.#characters <= this.#mostCharacters) return
      this.#values.delete(oldest)
      this.#characters -= oldest.length + text.length
    }
  }
}
