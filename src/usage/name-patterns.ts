import type { WatchedName } from './watched-name.ts'

/**
 * How the text of a statement is searched for a name when nothing parses it. The patterns are regular expressions of
 * PostgreSQL's and of JavaScript's alike, without regard to case; every character of a name stands for itself.
 */
export interface NamePatterns {
  /** The old name with its schema. */
  readonly old: string
  /** The name alone, which may also mean another one. */
  readonly bare: string
  /** The new name with its schema. */
  readonly new: string
  /** Does a text name the old one, by its schema or alone without the new one beside it? */
  isNamedIn(text: string): boolean
  isNewNamedIn(text: string): boolean
}

export function namePatterns(table: WatchedName): NamePatterns {
  const old = word([table.source, table.name])
  const bare = word([table.name])
  const newer = word([table.target, table.name])
  const names = (pattern: string, text: string): boolean => new RegExp(javaScript(pattern), 'iu').test(text)
  return {
    old,
    bare,
    new: newer,
    isNamedIn: (text) => names(old, text) || (names(bare, text) && !names(newer, text)),
    isNewNamedIn: (text) => names(newer, text),
  }
}

/** The parts of a name with a dot between them, each with quotes or without. */
function word(parts: readonly string[]): string {
  const spelled = parts.map((part) => `"?${escaped(part)}"?`).join(String.raw`\s*\.\s*`)
  return `(^|[^[:alnum:]_$."])${spelled}($|[^[:alnum:]_$"])`
}

/** A quote inside a name is written twice. Whatever is no letter, digit or underscore is escaped. */
function escaped(part: string): string {
  return part
    .replaceAll('"', '""')
    .replaceAll(/[^\p{L}\p{N}_]/gu, (character) =>
      /[\^\]\\]/.test(character) ? `\\${character}` : `[${character}]`,
    )
}

function javaScript(pattern: string): string {
  return pattern.replaceAll('[:alnum:]', String.raw`\p{L}\p{N}`)
}
