import { readFile } from 'node:fs/promises'
import { brotliDecompressSync } from 'node:zlib'
import type * as TreeSitter from 'web-tree-sitter'
import type { Language as Grammar, Parser, Tree } from 'web-tree-sitter'
import type { Language } from './language.ts'

type Runtime = typeof TreeSitter

/** In the package, beside the compiled files. */
const folder = new URL('../../grammars/', import.meta.url)

/** Reads source files as trees. Grammars are loaded when a file wants them. */
export class Grammars {
  readonly #runtime: Runtime
  readonly #parser: Parser
  readonly #loaded = new Map<string, Promise<Grammar>>()

  private constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.#parser = new runtime.Parser()
  }

  static async load(): Promise<Grammars> {
    // Not above: loading it takes longer than most commands take altogether.
    const runtime = await import('web-tree-sitter')
    await runtime.Parser.init()
    return new Grammars(runtime)
  }

  /** Loads a grammar, so that files of its language can be read. */
  async want({ grammar }: Language): Promise<Grammar> {
    const loaded =
      this.#loaded.get(grammar) ??
      readFile(new URL(`${grammar}.wasm.br`, folder)).then((packed) =>
        this.#runtime.Language.load(new Uint8Array(brotliDecompressSync(packed))),
      )
    this.#loaded.set(grammar, loaded)
    return loaded
  }

  /**
   * What `read` makes of the tree of a text. The tree is freed then: what is left to the garbage collector has been seen
   * to end the process.
   */
  use<T>(grammar: Grammar, text: string, read: (tree: Tree) => T): T {
    this.#parser.setLanguage(grammar)
    const tree = this.#parser.parse(text)
    if (tree === null) throw new Error('the parser of source files gave no tree')
    try {
      return read(tree)
    } finally {
      tree.delete()
    }
  }

  /** Frees what the parsers hold. */
  [Symbol.dispose](): void {
    this.#parser.delete()
  }
}
