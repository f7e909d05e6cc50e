import type { Parser } from '../sql/parser.ts'
import { isName, isMark, lex } from '../sql/lexer.ts'
import { findSites } from '../rewrite/walk.ts'
import { unknownPart } from './value.ts'

/** A relation as a text names it. */
export interface Written {
  readonly schema: string | undefined
  readonly name: string
}

/** What stands where only running tells: a name, a number, a string, nothing, more of a condition or of a list. */
const masks = ['migrate_hole', '1', `'q'`, '', 'migrate_hole int', ' and true', ', 1']

/** The relations that a text of SQL names, in its order; undefined where it cannot be read. */
export function relationsIn(parser: Parser, sql: string): readonly (Written | undefined)[] | undefined {
  for (const mask of sql.includes(unknownPart) ? masks : ['']) {
    const parsed = parser.parse(sql.replaceAll(unknownPart, mask))
    // Nothing at all parses too.
    if ('unparsable' in parsed || parsed.statements.length === 0) continue
    return parsed.statements.flatMap(({ tree }) => {
      const { sites, texts } = findSites(tree)
      return [
        ...sites
          .filter(
            (site) => site.class === 'relation' && site.isMade !== true && !site.hidden.has(site.words[0]!),
          )
          .map(({ words }) => written(words)),
        ...texts.filter(({ meaning }) => meaning === 'relation').map(({ value }) => nameIn(value)),
      ]
    })
  }
  return undefined
}

/** The relation that a text is the name of, as regclass reads it; undefined for one that is none. */
export function nameIn(text: string): Written | undefined {
  if (text.includes(unknownPart)) return undefined
  const tokens = lex(text)
  const isDotted = tokens.every((token, index) => (index % 2 === 0 ? isName(token) : isMark(token, '.')))
  return isDotted && tokens.length % 2 === 1
    ? written(tokens.filter((_token, index) => index % 2 === 0).map(({ value }) => value))
    : undefined
}

function written(words: readonly string[]): Written | undefined {
  return words.some((word) => word.includes('migrate_hole'))
    ? undefined
    : { schema: words.at(-2), name: words.at(-1)! }
}
