/**
 * Cuts a text into statements at semicolons outside of strings, quoted names and comments (manual, chapter 4.1). It
 * need not be valid SQL: a log may hold anything.
 */
export function splitStatements(text: string): string[] {
  const parts: string[] = []
  let from = 0
  for (const { 0: piece, index } of text.matchAll(pieces)) {
    if (piece !== ';') continue
    parts.push(text.slice(from, index))
    from = index + 1
  }
  parts.push(text.slice(from))
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** What a semicolon may be hidden in; an end that is missing ends nothing, so that one stray quote costs one line. */
const pieces = new RegExp(
  [
    /--[^\n]*/,
    /\/\*[\s\S]*?\*\//,
    /(?<![\p{L}\p{N}_$])(\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$)[\s\S]*?\1/u,
    /(?<![\p{L}\p{N}_$])[eE]'(?:[^'\\]|\\[\s\S]|'')*'/u,
    /'(?:[^']|'')*'/,
    /"(?:[^"]|"")*"/,
    /;/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gu',
)
