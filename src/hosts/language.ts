import type { Node } from 'web-tree-sitter'

/** What is to be known of a programming language to find the strings in its files. */
export interface Language {
  readonly name: string
  /** File in grammars/, without its endings. */
  readonly grammar: string
  readonly extensions: readonly string[]
  /** Nodes of the grammar that are one string each. */
  readonly strings: ReadonlySet<string>
  /** Nodes that are strings side by side. */
  readonly adjacent: ReadonlySet<string>
  /** Nodes of an operator, and the operator that joins strings. */
  readonly joins: { readonly nodes: ReadonlySet<string>; readonly operator: string }
  /** Where in the file the content of a string is, and whether a backslash is an ordinary character there. */
  content(node: Node): Content
  /** `$name` in a string is put in when it runs, and the grammar does not always see it: Kotlin. */
  readonly dollars?: true
}

export interface Content {
  readonly start: number
  readonly end: number
  readonly isRaw: boolean
  /** What ends the string, so that a quote that is put in can be escaped. */
  readonly quote: string
  /** Can no name with a schema be written there, as in a symbol of Ruby? */
  readonly isFixed?: true
  /** Escape sequences that the grammar does not tell. */
  readonly untold?: RegExp
}
