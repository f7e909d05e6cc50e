import { isNode, isScalar, visit } from 'yaml'
import type { Document, YAMLError } from 'yaml'

export interface SyntaxFinding {
  readonly offset: number
  readonly message: string
  /** True when the rest of the document cannot be trusted to mean what it says. */
  readonly isFatal: boolean
}

/** What is wrong with the text as YAML, before it is looked at as a plan. */
export function syntaxFindings(document: Document.Parsed, text: string): SyntaxFinding[] {
  return [
    ...withoutEcho(document.errors).map((error) => errorFinding(error, text)),
    ...document.warnings.map(({ pos, message }) => ({
      offset: pos[0],
      message: firstLower(message),
      isFatal: false,
    })),
    ...nodeFindings(document),
  ]
}

function errorFinding({ code, message, pos: [offset] }: YAMLError, text: string): SyntaxFinding {
  switch (code) {
    case 'DUPLICATE_KEY':
      return {
        offset,
        message: `the key ${/^[^:\n]+/.exec(text.slice(offset))?.[0].trim()} is there already`,
        isFatal: false,
      }
    case 'MULTIPLE_DOCS':
      return { offset, message: 'a plan is one document; here another one begins', isFatal: true }
    default: {
      const isReference = text.slice(offset - 1, offset + 1) === '${'
      // The end of some messages repeats the text, in which there may be a password.
      const said = firstLower(message.replace(/: ".*$/s, ''))
      return {
        offset,
        message: isReference ? 'inside { } a text with ${…} must be in quotes' : said,
        isFatal: true,
      }
    }
  }
}

// After one unexpected token the parser reports each token that follows: twenty errors for one slip.
function withoutEcho(errors: readonly YAMLError[]): YAMLError[] {
  const first = errors.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN')
  return errors.filter(({ code }, index) => code !== 'UNEXPECTED_TOKEN' || index === first)
}

function nodeFindings(document: Document.Parsed): SyntaxFinding[] {
  const findings: SyntaxFinding[] = []
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return
      findings.push({
        offset: alias.range?.[0] ?? 0,
        message:
          'unknown alias: the anchor must come before it (a text that begins with * must be in quotes)',
        isFatal: true,
      })
    },
    Pair(_, { key }) {
      // The schema passes over `__proto__`; other keys than scalars have no name that a path could hold.
      if (isScalar(key) && key.value !== '__proto__') return
      const offset = (isNode(key) ? key.range?.[0] : undefined) ?? 0
      findings.push({ offset, message: 'this cannot be a key', isFatal: true })
    },
  })
  return findings
}

function firstLower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
