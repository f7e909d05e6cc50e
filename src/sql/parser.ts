import { isNode, list, type Node } from './tree.ts'

/** One statement of a text. */
export interface Statement {
  readonly tree: Node
  /** Where it begins and how long it is, in bytes of UTF-8; a length of 0 goes to the end of the text. */
  readonly start: number
  readonly length: number
}

/** The statements of a text, or why there are none; `cursor` counts characters (code points) from 1. */
export type Parsed =
  { readonly statements: readonly Statement[] } | { readonly unparsable: string; readonly cursor?: number }

/** The functions of a text in PL/pgSQL, or why there are none. */
export type ParsedBody = { readonly functions: readonly Node[] } | { readonly unparsable: string }

/** Why nothing is parsed at the moment, whatever it is. */
export const isBeingMade = 'the parser is being made anew'

/** What the parser’s WebAssembly module offers and is used here. */
interface Module {
  _malloc(bytes: number): number
  _free(pointer: number): void
  _wasm_parse_query_raw(text: number): number
  _wasm_free_parse_result(result: number): void
  _wasm_parse_plpgsql(text: number): number
  _wasm_free_string(pointer: number): void
  lengthBytesUTF8(text: string): number
  stringToUTF8(text: string, pointer: number, bytes: number): void
  UTF8ToString(pointer: number): string
  getValue(pointer: number, type: 'i32'): number
}

/** More than any statement an application writes by hand; longer ones are data. */
export const longestText = 1024 * 1024

/**
 * PostgreSQL's own grammar (libpg-query). The package keeps one instance for the life of the process, and a statement
 * nested too deeply leaves it unusable: its stack pointer is not restored. So this class has instances of its own: one
 * that parses and a spare that takes its place after such a failure, while another spare is made.
 */
export class Parser {
  #module: Module | undefined
  #spare: Module | undefined
  #making: Promise<void> = Promise.resolve()

  private constructor(module: Module, spare: Module) {
    this.#module = module
    this.#spare = spare
  }

  /** The parser of this process, ready for the next statement. To make one takes some 30 ms. */
  static async shared(): Promise<Parser> {
    const parser = await (shared ??= Parser.load())
    await parser.ready()
    return parser
  }

  /** A parser for those who must not be disturbed by the statements of others. */
  static async load(): Promise<Parser> {
    const [module, spare] = await Promise.all([createModule(), createModule()])
    return new Parser(module, spare)
  }

  /** Waits until a statement that breaks the parser would have no other statement left unread. */
  async ready(): Promise<void> {
    await this.#making
  }

  /**
   * Parses a text of one or several statements. Never throws for what the text is. Two that are nested too deeply, one
   * right after the other, leave nothing that parses until {@link ready}.
   */
  parse(sql: string, longest = longestText): Parsed {
    return this.#guarded(sql, (module) => parse(module, sql), longest)
  }

  /** Parses the body of a function in PL/pgSQL, given its whole CREATE FUNCTION, or a DO. Never throws for what the text is. */
  parseBody(sql: string): ParsedBody {
    return this.#guarded(sql, (module) => parseBody(module, sql))
  }

  #guarded<T>(
    sql: string,
    read: (module: Module) => T,
    longest = longestText,
  ): T | { readonly unparsable: string } {
    if (sql.includes('\0')) return { unparsable: 'it holds a NUL character' }
    if (sql.length > longest) return { unparsable: `it is longer than ${longest / 1024 ** 2} MiB` }
    if (this.#module === undefined) return { unparsable: isBeingMade }
    try {
      return read(this.#module)
    } catch (error) {
      if (!isExhausted(error)) throw error
      this.#replace()
      return { unparsable: 'it is nested too deeply' }
    }
  }

  #replace(): void {
    this.#module = this.#spare
    this.#spare = undefined
    this.#making = this.#making.then(async () => {
      const made = await createModule()
      if (this.#module === undefined) this.#module = made
      else this.#spare = made
    })
  }
}

let shared: Promise<Parser> | undefined

/** Its glue alone is large, and most commands on most databases parse nothing. */
async function createModule(): Promise<Module> {
  const { default: create } = await import('libpg-query/wasm/libpg-query.js')
  return (await create()) as Module
}

function parseBody(module: Module, sql: string): ParsedBody {
  const bytes = module.lengthBytesUTF8(sql) + 1
  const pointer = module._malloc(bytes)
  module.stringToUTF8(sql, pointer, bytes)
  const result = module._wasm_parse_plpgsql(pointer)
  const answer = module.UTF8ToString(result)
  module._wasm_free_string(result)
  module._free(pointer)
  // Anything but an object is the message of an error.
  if (!answer.startsWith('{')) return { unparsable: answer }
  const tree: unknown = JSON.parse(answer)
  return { functions: list(isNode(tree) ? tree['plpgsql_funcs'] : []).filter(isNode) }
}

function parse(module: Module, sql: string): Parsed {
  const bytes = module.lengthBytesUTF8(sql) + 1
  const pointer = module._malloc(bytes)
  module.stringToUTF8(sql, pointer, bytes)
  const result = module._wasm_parse_query_raw(pointer)
  // PgQueryParseResult: tree, what was printed, error; the first field of an error is its message.
  const error = module.getValue(result + 8, 'i32')
  const parsed =
    error === 0
      ? { tree: module.UTF8ToString(module.getValue(result, 'i32')) }
      : {
          unparsable: module.UTF8ToString(module.getValue(error, 'i32')),
          cursor: module.getValue(error + cursorAt, 'i32'),
        }
  module._wasm_free_parse_result(result)
  module._free(pointer)
  return 'tree' in parsed ? { statements: statementsOf(JSON.parse(parsed.tree)) } : parsed
}

/** The stack of JavaScript or of the module ran out: RangeError, or WebAssembly.RuntimeError, which Node’s types lack. */
function isExhausted(error: unknown): boolean {
  return error instanceof Error && (error.name === 'RangeError' || error.name === 'RuntimeError')
}

function statementsOf(tree: unknown): Statement[] {
  return list(isNode(tree) ? tree['stmts'] : []).flatMap((entry) =>
    isNode(entry) && isNode(entry['stmt'])
      ? [{ tree: entry['stmt'], start: number(entry['stmt_location']), length: number(entry['stmt_len']) }]
      : [],
  )
}

/** What is 0 is left out of the tree. */
function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

/** PgQueryError: message, function, file, line, cursor. */
const cursorAt = 16
