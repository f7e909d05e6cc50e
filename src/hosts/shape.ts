/** What a text looks like, before it is parsed. */

const verb =
  /^(?:\uFFFC?\s|\(|--[^\n]*\n|\/\*[^]*?\*\/)*(select|insert|update|delete|with|merge|create|alter|drop|truncate|copy|lock|grant|revoke|comment|vacuum|analyze|explain|refresh|reindex|cluster|declare|call|do|table|values|set|begin|prepare|execute|import|security|show|notify|listen|reset|discard|fetch|close|savepoint|start|commit|rollback)\b/i

/** The first word of a text that begins as a statement does. */
export function verbOf(text: string): string | undefined {
  return verb.exec(text)?.[1]
}

/** Has it a clause that names relations? */
export function hasClause(text: string): boolean {
  return /\b(?:from|join|into|update|using|references|only|table)\b/i.test(text)
}

/**
 * Might it be a sentence? `Delete from users` is one, and valid SQL; what has an operator, a placeholder, a hole or a line
 * break in it is not, and programmers write key words in one case.
 */
export function mayBeSentence(text: string): boolean {
  const words = text.trim().split(/ +/)
  // No one ends a label with a blank; a piece that something is joined to does.
  if (/[=*;$%<>\n\uFFFC]|::|\(| $/.test(text) || words.length > 8) return false
  const first = words[0]!
  if (/^[a-z]+ (?:table|index|view|sequence|type|function)\b/.test(text.trim())) return false
  return /^[A-Z][a-z]+$/.test(first) || (words.length <= 3 && first === first.toLowerCase())
}

/** A name behind a word that only stands before relations, or behind its old schema. */
export function isInRelationPosition(before: string, sources: ReadonlySet<string>): boolean {
  const keyword =
    /\b(?:from|join|into|update|only|truncate|table|copy|references|lock|using)\s+(?:"?([\p{L}_][\p{L}\d_$]*)"?\s*\.\s*)?"?$/iu.exec(
      before,
    )
  if (keyword !== null) return keyword[1] === undefined || sources.has(keyword[1])
  const schema = /(?<![\p{L}\d_$.])"?([\p{L}_][\p{L}\d_$]*)"?\s*\.\s*"?$/u.exec(before)?.[1]
  return schema !== undefined && sources.has(schema)
}

/** Is something put in where a relation stands? `hole` stands for it in the text. */
export function hasHoleInRelationPosition(text: string): boolean {
  return /\b(?:from|join|into|update|truncate|table)\s+(?:only\s+)?["`]?[\w.]*(?:\uFFFC|[$#]?\{[\w.!]*\}|%\(?\w*\)?s|$)/i.test(
    text,
  )
}

/** Words that hardly any statement has, and hardly any sentence has not. */
const prose =
  /\b(?:the|an?|is|are|was|were|be|been|your|you|this|that|please|cannot|can|will|we|it|has|have)\b/gi

/** Is it plainly a sentence? With a capital letter, of many words, and without anything that only SQL has. */
export function isSentence(text: string): boolean {
  const words = text.trim().split(/\s+/)
  if (words.length < 6 || !/^[A-Z][a-z']+ /.test(text.trim()) || /[=;*<>\uFFFC]|::/.test(text)) return false
  return (text.match(prose) ?? []).length >= 2
}
