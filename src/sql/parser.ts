import createModule from 'libpg-query/wasm/libpg-query.js'
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
const longestText = 256 * 1024

/**
 * PostgreSQL's own grammar (libpg-query). The package keeps one instance for the life of the process, and a statement
 * nested too deeply leaves it unusable: its stack pointer is not restored. So this class has an instance of its own and
 * replaces it after such a failure.
 */
export class Parser {
  #module: Module

  private constructor(module: Module) {
    this.#module = module
  }

  static async load(): Promise<Parser> {
    return new Parser((await createModule()) as Module)
  }

  /** Parses a text of one or several statements. Never throws for what the text is. */
  async parse(sql: string): Promise<Parsed> {
    return this.#guarded(sql, () => this.#parse(sql))
  }

  /** Parses the body of a function in PL/pgSQL, given its whole CREATE FUNCTION, or a DO. Never throws for what the text is. */
  async parseBody(sql: string): Promise<ParsedBody> {
    return this.#guarded(sql, () => this.#parseBody(sql))
  }

  async #guarded<T>(sql: string, parse: () => T): Promise<T | { readonly unparsable: string }> {
    if (sql.includes('\0')) return { unparsable: 'it holds a NUL character' }
    if (sql.length > longestText) return { unparsable: 'it is longer than 256 KiB' }
    try {
      return parse()
    } catch (error) {
      if (!isExhausted(error)) throw error
      this.#module = (await createModule()) as Module
      return { unparsable: 'it is nested too deeply' }
    }
  }

  #parseBody(sql: string): ParsedBody {
    const module = this.#module
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

  #parse(sql: string): Parsed {
    const module = this.#module
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
