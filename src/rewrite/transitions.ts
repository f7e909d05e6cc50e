import type { Parser } from '../sql/parser.ts'
import { isNode, list, text, untag, words } from '../sql/tree.ts'
import type { ScriptStatement } from './script.ts'

/**
 * The transition tables that the triggers of a script give its functions, by the functions’ names: a trigger is made after
 * its function, in which they hide relations of the same names.
 */
export function transitionTables(
  parser: Parser,
  script: string,
  statements: readonly ScriptStatement[],
): (routine: string) => ReadonlySet<string> {
  const found = new Map<string, Set<string>>()
  for (const { start, end, isCommand } of statements) {
    const sql = script.slice(start, end)
    if (isCommand || !/\breferencing\b/i.test(sql)) continue
    const parsed = parser.parse(sql)
    if ('unparsable' in parsed) continue
    for (const { tree } of parsed.statements) {
      const [tag, body] = untag(tree)
      if (tag !== 'CreateTrigStmt') continue
      const routine = words(body['funcname']).at(-1)!
      const names = list(body['transitionRels']).flatMap((each) =>
        isNode(each) ? (text(untag(each)[1]['name']) ?? []) : [],
      )
      found.set(routine, new Set([...(found.get(routine) ?? []), ...names]))
    }
  }
  return (routine) => found.get(routine) ?? none
}

const none: ReadonlySet<string> = new Set()
