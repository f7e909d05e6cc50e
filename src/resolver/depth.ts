import { lex } from '../sql/lexer.ts'

/** Shorter than what can be nested too deeply for the parser: the shortest that was seen to break it has 14 KB. */
const harmless = 8 * 1024
/** The parser breaks at about 4,200 nested calls, 7,400 operators in a chain, 9,600 set operations. */
const deepest = 2_000

const joining = new Set(['join', 'union', 'intersect', 'except'])

/**
 * Would a text be nested deeper than the parser can stand? That costs an instance of it, and while another is made nothing
 * can be parsed. What lists hold does not add up, and neither do the arms of AND and OR, which are lists to the parser.
 */
export function isTooDeep(text: string): boolean {
  if (text.length < harmless) return false
  let joined = 0
  let depth = 0
  const outer: number[] = []
  let chain = 0
  for (const { kind, value, start, end } of lex(text)) {
    const written = text.slice(start, end)
    if (written === '(' || written === '[') {
      outer.push(chain)
      depth += chain + 1
      chain = 0
    } else if (written === ')' || written === ']') {
      chain = outer.pop() ?? 0
      depth = Math.max(0, depth - chain - 1)
    } else if (written === ',' || written === ';' || value === 'and' || value === 'or') chain = 0
    else if (kind === 'operator' || value === 'not' || written === '::') chain += 1
    else if (joining.has(value)) joined += 1
    if (depth + chain + joined > deepest) return true
  }
  return false
}
