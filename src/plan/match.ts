import picomatch from 'picomatch'

export interface TableMatch {
  /** The names that some pattern means, in the order of `names`. */
  readonly matched: string[]
  /** The patterns that mean no name, in the order written. */
  readonly unmatchedPatterns: string[]
}

/**
 * Finds the tables that a service's `tables` mean. A pattern without any of `* ? [ ] { }` is a name, taken
 * literally; upper and lower case are different letters, as they are in the catalog.
 */
export function matchTables(patterns: readonly string[], names: readonly string[]): TableMatch {
  const matched = new Set<string>()
  const unmatchedPatterns: string[] = []
  for (const pattern of patterns) {
    const found = names.filter(matcher(pattern))
    if (found.length === 0) unmatchedPatterns.push(pattern)
    for (const name of found) matched.add(name)
  }
  return { matched: names.filter((name) => matched.delete(name)), unmatchedPatterns }
}

/** True for a pattern that may mean several tables. */
export function isGlob(pattern: string): boolean {
  return /[*?[\]{}]/.test(pattern)
}

/** The pattern that means exactly this name. */
export function literalPattern(name: string): string {
  return isGlob(name) ? name.replaceAll(/[*?[\]{}\\]/g, String.raw`\$&`) : name
}

function matcher(pattern: string): (name: string) => boolean {
  if (!isGlob(pattern)) return (name) => name === pattern
  // The expression alone: picomatch's own matcher also takes a name that equals the pattern letter by letter.
  const expression = picomatch.makeRe(withoutPathRules(pattern), options)
  return (name) => expression.test(encoded(name))
}

// Picomatch is made for paths: dots, slashes and doubled backslashes have rules of their own there, and
// `( ) | + @ ! " $ ^` are syntax. A table's name is not a path, so the former are replaced by private-use characters
// on both sides and the latter are escaped; what remains is `* ? [ ] { }`.
function withoutPathRules(pattern: string): string {
  return pattern.replaceAll(/\\([^])|\[[!^]|[()|+@!"$^./\\]/g, (found, escaped: string | undefined) => {
    if (found.startsWith('[')) return '[^'
    const character = escaped ?? found
    return encoded(character) === character ? `\\${character}` : encoded(character)
  })
}

function encoded(text: string): string {
  return text.replaceAll('.', '\uE000').replaceAll('/', '\uE001').replaceAll('\\', '\uE002')
}

const options = {
  dot: true,
  nonegate: true,
  noextglob: true,
  literalBrackets: false,
  // Names may contain line breaks, absurd as they are.
  flags: 's',
} as const
