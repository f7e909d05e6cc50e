import type { HolePart } from './strings.ts'

export type Hole = Omit<HolePart, 'kind'>

/** What a block (`{% if %}`) leaves between what stands on its two sides, of which perhaps only one will be there. */
export const between = [' ', ', ', ' and ', ' or ', ' where ', '; ']

const constructs =
  /(?<expression>\{\{[^]*?\}\}|<%[-=]{1,2}[^]*?%>|\$\{[^{}\n]*\}|@@?\{[^{}\n]*\})|(?<block>\{%[^]*?%\}|\{#[^]*?#\}|<%[^]*?%>)/g

/** Of StringTemplate, where a `<` of SQL is written `\<`. */
const groupConstructs =
  /(?<block><(?:if|elseif|else|endif|!)[^<>]*>|<!--?[^]*?-?->|<!\s[^]*?!>)|(?<expression><[\w.]+(?:\([^<>()]*\))?(?:[:;][^<>]*)?>)/g

/** Where a template's marks are: Jinja and dbt, ERB and EJS, Go, Mustache, Flyway's `${…}`. */
export function holesIn(text: string, isGroup = false): Hole[] {
  return [...text.matchAll(isGroup ? groupConstructs : constructs)].map(({ 0: written, index, groups }) => ({
    start: index,
    end: index + written.length,
    ...(groups?.['block'] === undefined && !/^\{\{-?\s*(?:if|else|end|range|with|#|\/)/.test(written)
      ? {}
      : { masks: between }),
  }))
}

/** The text with words as long that the grammar takes: names for what is put in, blanks for blocks. */
export function maskTemplate(text: string, holes: readonly Hole[]): string {
  let result = ''
  let at = 0
  for (const { start, end, masks } of holes) {
    const mask = masks === undefined ? 'q'.repeat(end - start) : ' '.repeat(end - start)
    result += text.slice(at, start) + mask
    at = end
  }
  return result + text.slice(at)
}
