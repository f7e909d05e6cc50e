/** Where in SQL text a line ends: between words, or inside of something that goes on. */
type Inside =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'quotes'; readonly mark: '"' | "'"; readonly hasEscapes: boolean }
  | { readonly kind: 'dollars'; readonly tag: string }
  | { readonly kind: 'comment'; readonly depth: number }

const nothing: Inside = { kind: 'nothing' }

/** What a line does to the statement it is part of. */
export interface Step {
  /** Position after the semicolon that ends the statement; undefined where none does. */
  readonly end: number | undefined
  /** Is there a backslash that psql would take for a command of its own? */
  readonly hasCommand: boolean
}

/** Follows SQL text line by line, as far as it takes to know where statements end. */
export class SqlLexer {
  #inside: Inside = nothing
  #depth = 0

  get isBetween(): boolean {
    return this.#inside.kind === 'nothing'
  }

  /** Reads a line up to the end of the statement. */
  read(line: string): Step {
    let at = 0
    while (at < line.length) {
      const inside = this.#inside
      switch (inside.kind) {
        case 'nothing': {
          const special = /["'$;\\()]|--|\/\*/g
          special.lastIndex = at
          const found = special.exec(line)
          if (found === null || found[0] === '--') return open
          const step = this.#enter(line, found.index, found[0])
          if (typeof step !== 'number') return step
          at = step
          break
        }
        case 'quotes':
          at = this.#leaveQuotes(line, at, inside)
          break
        case 'dollars':
          at = this.#leave(line.indexOf(inside.tag, at), inside.tag.length, line)
          break
        case 'comment':
          at = this.#comment(line, at, inside.depth)
          break
      }
    }
    return open
  }

  #enter(line: string, index: number, found: string): number | Step {
    switch (found) {
      case '\\':
        return { end: undefined, hasCommand: true }
      case '(':
      case ')':
        this.#depth = Math.max(0, this.#depth + (found === '(' ? 1 : -1))
        return index + 1
      case ';':
        // A rule has its statements in parentheses.
        if (this.#depth > 0) return index + 1
        return { end: index + 1, hasCommand: false }
      case '/*':
        this.#inside = { kind: 'comment', depth: 1 }
        return index + 2
      case '$': {
        const tag = /^\$(?:[A-Za-z_\u0080-\u00ff][\w\u0080-\u00ff]*)?\$/.exec(line.slice(index))?.[0]
        const isInWord = index > 0 && /[\w$\u0080-\u00ff]/.test(line[index - 1]!)
        if (tag === undefined || isInWord) return index + 1
        this.#inside = { kind: 'dollars', tag }
        return index + tag.length
      }
      default: {
        const hasEscapes = found === "'" && /(^|[^\w$])e$/i.test(line.slice(0, index))
        this.#inside = { kind: 'quotes', mark: found as '"' | "'", hasEscapes }
        return index + 1
      }
    }
  }

  #leaveQuotes(
    line: string,
    from: number,
    { mark, hasEscapes }: Extract<Inside, { kind: 'quotes' }>,
  ): number {
    for (let at = from; at < line.length; at++) {
      if (hasEscapes && line[at] === '\\') at++
      else if (line[at] === mark) {
        if (line[at + 1] === mark) at++
        else return this.#leave(at, 1, line)
      }
    }
    return line.length
  }

  #comment(line: string, from: number, depth: number): number {
    const found = /\/\*|\*\//g
    found.lastIndex = from
    const next = found.exec(line)
    if (next === null) return line.length
    const left = next[0] === '/*' ? depth + 1 : depth - 1
    this.#inside = left === 0 ? nothing : { kind: 'comment', depth: left }
    return next.index + 2
  }

  #leave(index: number, length: number, line: string): number {
    if (index === -1) return line.length
    this.#inside = nothing
    return index + length
  }
}

const open: Step = { end: undefined, hasCommand: false }
