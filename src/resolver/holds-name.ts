import { literally } from '../sql/literally.ts'

/** Finds texts that may hold one of the names: in any case, or written with escapes. Undefined where there are none. */
export function patternOf(names: readonly string[]): RegExp | undefined {
  if (names.length === 0) return undefined
  const written = [...new Set(names)].map((name) =>
    literally(name.replaceAll('"', '""'))
      // Within a string, such as the argument of nextval, it is written twice.
      .replaceAll("'", "''?"),
  )
  return new RegExp(`${written.join('|')}|u&["']|\\\\`, 'i')
}
