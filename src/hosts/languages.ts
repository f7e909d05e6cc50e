import type { Node } from 'web-tree-sitter'
import type { Content, Language } from './language.ts'

/** Every language whose files are read, in the order of the manual. */
export const languages: readonly Language[] = [
  {
    name: 'Python',
    grammar: 'tree-sitter-python',
    extensions: ['.py', '.pyi', '.pyw'],
    strings: new Set(['string']),
    adjacent: new Set(['concatenated_string']),
    joins: { nodes: new Set(['binary_operator']), operator: '+' },
    content(node) {
      const written = node.firstChild?.text ?? ''
      const prefix = /^[a-zA-Z]*/.exec(written)![0].toLowerCase()
      const content = within(node, written.length, node.lastChild?.text.length ?? 1)
      const quote = written.slice(prefix.length)
      return { ...content, isRaw: prefix.includes('r'), quote }
    },
  },
  ...(['typescript', 'tsx', 'javascript'] as const).map((dialect): Language => ({
    name: dialect === 'javascript' ? 'JavaScript' : 'TypeScript',
    grammar: `tree-sitter-${dialect}`,
    extensions: {
      typescript: ['.ts', '.mts', '.cts'],
      tsx: ['.tsx'],
      javascript: ['.js', '.mjs', '.cjs', '.jsx'],
    }[dialect],
    strings: new Set(['string', 'template_string']),
    adjacent: new Set(),
    joins: { nodes: new Set(['binary_expression']), operator: '+' },
    content: quoted,
  })),
  {
    name: 'Java',
    grammar: 'tree-sitter-java',
    extensions: ['.java'],
    strings: new Set(['string_literal']),
    adjacent: new Set(),
    joins: { nodes: new Set(['binary_expression']), operator: '+' },
    content: quoted,
  },
  {
    name: 'Kotlin',
    grammar: 'tree-sitter-kotlin',
    extensions: ['.kt', '.kts'],
    strings: new Set(['string_literal', 'multiline_string_literal']),
    adjacent: new Set(),
    joins: { nodes: new Set(['binary_expression']), operator: '+' },
    content: (node) => ({ ...quoted(node), isRaw: node.type === 'multiline_string_literal' }),
    dollars: true,
  },
  {
    name: 'Go',
    grammar: 'tree-sitter-go',
    extensions: ['.go'],
    strings: new Set(['interpreted_string_literal', 'raw_string_literal']),
    adjacent: new Set(),
    joins: { nodes: new Set(['binary_expression']), operator: '+' },
    content: (node) => ({ ...quoted(node), isRaw: node.type === 'raw_string_literal' }),
  },
  {
    name: 'Ruby',
    grammar: 'tree-sitter-ruby',
    extensions: ['.rb', '.rake'],
    strings: new Set(['string', 'heredoc_body', 'simple_symbol']),
    adjacent: new Set(['chained_string']),
    joins: { nodes: new Set(['binary']), operator: '+' },
    content(node) {
      if (node.type === 'heredoc_body') {
        const end = node.children.find((child) => child.type === 'heredoc_end')
        return { ...within(node, 0, end?.text.length ?? 0), isRaw: false, quote: '' }
      }
      if (node.type === 'simple_symbol')
        return { ...within(node, 1, 0), isRaw: true, quote: '', isFixed: true }
      const content = quoted(node)
      return content.quote === "'" ? { ...content, untold: /\\['\\]/g } : content
    },
  },
  {
    name: 'PHP',
    grammar: 'tree-sitter-php',
    extensions: ['.php'],
    strings: new Set(['string', 'encapsed_string', 'heredoc', 'nowdoc']),
    adjacent: new Set(),
    joins: { nodes: new Set(['binary_expression']), operator: '.' },
    content(node) {
      const body = node.children.find(({ type }) => type === 'heredoc_body' || type === 'nowdoc_body')
      if (body !== undefined)
        return {
          start: body.startIndex,
          end: body.endIndex,
          isRaw: node.type === 'nowdoc',
          quote: '',
        }
      return node.type === 'heredoc' || node.type === 'nowdoc'
        ? { ...within(node, 0, node.text.length), isRaw: true, quote: '' }
        : quoted(node)
    },
  },
  {
    name: 'Rust',
    grammar: 'tree-sitter-rust',
    extensions: ['.rs'],
    strings: new Set(['string_literal', 'raw_string_literal']),
    adjacent: new Set(),
    joins: { nodes: new Set(['binary_expression']), operator: '+' },
    content(node) {
      const [opening = '', hashes = ''] = /^[a-z]*(#*)"/.exec(node.text) ?? []
      const isRaw = node.type === 'raw_string_literal'
      const content = within(node, opening.length, 1 + hashes.length)
      // Between hashes a quote ends nothing.
      return { ...content, isRaw, quote: hashes === '' ? '"' : '' }
    },
  },
  {
    name: 'C#',
    grammar: 'tree-sitter-c_sharp',
    extensions: ['.cs'],
    strings: new Set([
      'string_literal',
      'verbatim_string_literal',
      'raw_string_literal',
      'interpolated_string_expression',
    ]),
    adjacent: new Set(),
    joins: { nodes: new Set(['binary_expression']), operator: '+' },
    content(node) {
      const [opening, marks, quotes] = /^([$@]*)("{3,}|"?)/.exec(node.text)!
      const isDoubled = marks!.includes('@')
      return {
        ...within(node, opening.length, quotes!.length),
        isRaw: isDoubled || quotes!.length > 1,
        quote: quotes!.length > 1 ? '' : '"',
        ...(isDoubled ? { untold: /""/g } : {}),
      }
    },
  },
  {
    name: 'Elixir',
    grammar: 'tree-sitter-elixir',
    extensions: ['.ex', '.exs'],
    strings: new Set(['string', 'sigil']),
    adjacent: new Set(),
    joins: { nodes: new Set(['binary_operator']), operator: '<>' },
    content(node) {
      const [opening, sigil = ''] = /^(?:~([a-zA-Z]+))?(?:"""|'''|[^])/.exec(node.text)!
      const quote = opening.slice(sigil === '' ? 0 : sigil.length + 1)
      return {
        ...within(node, opening.length, quote.length),
        isRaw: /^[A-Z]/.test(sigil),
        quote: quote.length > 1 ? '' : quote,
      }
    },
  },
]

const byExtension = new Map(
  languages.flatMap((language) => language.extensions.map((extension) => [extension, language] as const)),
)

/** The language of a file by the end of its name, such as `.py`; undefined for one that is none of them. */
export function languageOf(extension: string): Language | undefined {
  return byExtension.get(extension.toLowerCase())
}

/** A string whose first and last child are its quotes. */
function quoted(node: Node): Content {
  const [first, last] = [node.firstChild?.text ?? '', node.lastChild?.text ?? '']
  return { ...within(node, first.length, last.length), isRaw: false, quote: last }
}

function within(node: Node, before: number, after: number): { start: number; end: number } {
  const start = node.startIndex + before
  return { start, end: Math.max(start, node.endIndex - after) }
}
