import { isName, lex, unescape, type Token } from '../sql/lexer.ts'
import type { Context } from './context.ts'
import { decide, type Surroundings } from './decide.ts'
import type { Findings } from './findings.ts'
import { dottedName, readLiteral } from './literal.ts'
import { qualify } from './mention.ts'
import type { Site, TextSite } from './site.ts'
import { sqlFunctions } from './sql-functions.ts'
import type { Written } from './written.ts'

/** A string that is a name, as the input of regclass is. */
export function nameInString(
  site: TextSite,
  { moves, around }: Context,
  written: Written,
  findings: Findings,
): void {
  const meaning = meaningOf(site, around)
  if (meaning === 'sql') return
  const token = written.tokens[written.at(site.at.byte)]
  const literal = token?.kind === 'string' ? readLiteral(written.around, token) : undefined
  if (token === undefined || literal?.inner !== site.value || findings.has(token.start)) return
  const inner = dottedName(literal.inner, meaning)
  const words = inner.filter(isName).map((each) => each.value)
  if (words.length === 0 || words.length > 3) return
  const named: Site = { class: meaning, words, hidden: new Set(), at: { search: [] } }
  const decision = decide(named, moves, around)
  const name = { ...token, value: words.at(-1)! }
  if (decision.kind === 'other') {
    if (moves.names.has(name.value)) findings.mention(name, 'kept', 'of another schema')
    return
  }
  if (decision.kind === 'keep') findings.mention(name, 'kept', decision.reason)
  else if (decision.kind === 'undecided') findings.mention(name, 'undecided', decision.reason)
  else if (site.isOutput === true && around.path.includes(decision.target))
    findings.mention(name, 'kept', 'found by search_path')
  else {
    const place = ({ start, end }: Token): { start: number; end: number } => ({
      start: literal.outer(start),
      end: literal.outer(end),
    })
    const schema = inner.at(-3)
    const edit = qualify(place(inner.at(-1)!), schema && place(schema), decision.target)
    findings.rewritten(name, { ...edit, text: literal.encode(edit.text) })
  }
}

/** What a string is: also where a function of the script is given it as a name. */
function meaningOf(
  { meaning, argumentOf, argument }: TextSite,
  { takesNames }: Surroundings,
): TextSite['meaning'] {
  if (meaning !== 'sql' || argumentOf === undefined) return meaning
  return takesNames?.get(argumentOf)?.[argument ?? 0] ?? meaning
}

/** The strings that functions are given to run. */
export function sqlArguments(
  texts: readonly TextSite[],
  { runsSql = sqlFunctions }: Surroundings,
  written: Written,
  findings: Findings,
): Token[] {
  return texts.flatMap(({ meaning, argumentOf, at, value }) => {
    if (meaning !== 'sql' || argumentOf === undefined) return []
    if (runsSql !== 'all' && !runsSql.has(argumentOf)) return []
    const token = written.tokens[written.at(at.byte)]
    const isIt = token?.kind === 'string' && readLiteral(written.around, token)?.inner === value
    return isIt && !findings.has(token.start) ? [token] : []
  })
}

/** The first name that moves among the words of a string, which may be written in several parts. */
export function nameWithin(
  parts: readonly Token[],
  { moves }: Context,
  { around }: Written,
): string | undefined {
  const inner = parts.map((part) => readLiteral(around, part)?.inner ?? plain(around, part)).join('')
  return lex(inner).find((word) => isName(word) && moves.names.has(word.value))?.value
}

/** What a string holds that nothing can be put into. */
function plain(around: string, { start, end, value }: Token): string {
  const written = around.slice(start, end)
  return value === 'u&' ? unescape(written.slice(3, -1)).replaceAll("''", "'") : written
}
