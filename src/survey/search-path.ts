import type { PathSetting } from '../catalog/path-settings.ts'
import { ident } from '../pg/quoting.ts'

/** The path as SET takes it and pg_proc.proconfig keeps it. */
export function pathText(path: readonly string[]): string {
  return path.map(ident).join(', ')
}

/** The path of a session for which no role sets another. */
export function sharedPath(settings: readonly PathSetting[]): string {
  return settings.find(({ role }) => role === null)?.effective ?? 'public'
}

/** The names in a path as a setting has it; unquoted ones in lower case, as the server reads them. */
export function splitPath(text: string): string[] {
  return [...text.matchAll(/"((?:[^"]|"")*)"|([^,\s]+)/g)].map(([, quoted, bare]) =>
    quoted === undefined
      ? bare!.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
      : quoted.replaceAll('""', '"'),
  )
}

/** The schemas that clients must find tables in without naming them, because nothing will stand at the old names. */
export function pathSchemas(mappings: readonly { compat: string; target: string }[]): string[] {
  return [...new Set(mappings.filter(({ compat }) => compat === 'search-path').map(({ target }) => target))]
}

/** A path for a role: "$user" is the schema of its name. */
export function pathOfRole(path: readonly string[], role: string): string[] {
  return path.map((schema) => (schema === '$user' ? role : schema))
}

/** The path with some of its entries behind all the others; pg_temp stays where nobody can slip something in. */
export function putLast(path: readonly string[], isLate: (schema: string) => boolean): string[] {
  const rest = path.filter((schema) => !isLate(schema))
  const tail = rest.at(-1) === 'pg_temp' ? ['pg_temp'] : []
  return [...rest.slice(0, rest.length - tail.length), ...path.filter(isLate), ...tail]
}

/**
 * The path with schemas right behind others, so that what moves there is found after what stays and before what comes later; at
 * its end where none of these is on it, but before a pg_temp that is there.
 */
export function putAfter(
  path: readonly string[],
  sources: readonly string[],
  more: readonly string[],
): string[] {
  const missing = more.filter((each) => !path.includes(each))
  const end = path.at(-1) === 'pg_temp' ? path.length - 1 : path.length
  const last = Math.max(...sources.map((source) => path.indexOf(source)))
  return path.toSpliced(last < 0 ? end : last + 1, 0, ...missing)
}

/** The path with the schemas in which tables must be found by their names alone, each beside those they come from. */
export function withNewSchemas(
  path: readonly string[],
  mappings: readonly { compat: string; source: string; target: string }[],
): string[] {
  const sourcesOf = (schema: string): string[] =>
    mappings.filter(({ target }) => target === schema).map(({ source }) => source)
  return pathSchemas(mappings).reduceRight(
    (now, target) => putAfter(now, sourcesOf(target), [target]),
    [...path],
  )
}

/**
 * The paths that a text of SQL sets as it runs, of those that it says: `SET [LOCAL | SESSION] search_path`, and set_config()
 * with a constant.
 */
export function pathsSetBy(sql: string): string[][] {
  const called = [...sql.matchAll(/\bset_config\s*\(\s*'search_path'\s*,\s*'((?:[^']|'')*)'/gi)].map(
    ([, list]) => splitPath(list!.replaceAll("''", "'")),
  )
  const set = sql.split(';').flatMap((statement) => {
    const [, list] =
      /\bset\s+(?:local\s+|session\s+)?search_path\s*(?:=|\bto\b)\s*(.+)$/is.exec(statement) ?? []
    return list === undefined || /\b(?:alter|create)\b/i.test(statement) ? [] : [writtenPath(list)]
  })
  return [...set, ...called].filter((path) => path.length > 0)
}

/** In SET a string is one name; a parameter or DEFAULT says nothing. */
function writtenPath(list: string): string[] {
  return [...list.matchAll(/'((?:[^']|'')*)'|"(?:[^"]|"")*"|[^,\s]+/g)].flatMap(([word, string]) => {
    if (string !== undefined) return [string.replaceAll("''", "'")]
    return /^\$\d|^default$/i.test(word) ? [] : splitPath(word)
  })
}
