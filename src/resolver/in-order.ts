/** What is to be done one after the other, in the order in which it came. */
export class InOrder {
  #tail: Promise<unknown> | undefined

  /** Is nothing waiting? Then what comes may be done at once. */
  get isIdle(): boolean {
    return this.#tail === undefined
  }

  /** Does it when everything before it was done, also where that failed. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const mine = (this.#tail ?? Promise.resolve()).then(work)
    const tail = mine.catch(() => undefined)
    this.#tail = tail
    void tail.then(() => {
      if (this.#tail === tail) this.#tail = undefined
    })
    return mine
  }
}

/** A client that is given back or ended while a text is still rewritten has that sent before, as the driver does it. */
export function inOrder(client: object, order: InOrder, name: 'release' | 'end'): Record<string, unknown> {
  const method = (client as Record<string, unknown>)[name]
  if (typeof method !== 'function') return {}
  return {
    [name]: (...args: unknown[]) => {
      // Not kept from above: a pool gives its client another `release` each time.
      const now = (): unknown =>
        Reflect.apply(
          (client as Record<string, unknown>)[name] as (...all: unknown[]) => unknown,
          client,
          args,
        )
      return order.isIdle ? now() : order.run(async () => Promise.resolve(now()))
    },
  }
}
