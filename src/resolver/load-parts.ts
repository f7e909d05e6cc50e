import type { Moves } from '../rewrite/moves.ts'
import type { rewriteText } from '../rewrite/rewrite.ts'
import type { Parser } from '../sql/parser.ts'

export interface Parts {
  readonly parser: Parser
  readonly Moves: typeof Moves
  readonly rewriteText: typeof rewriteText
  readonly isBeingMade: string
  readonly longestText: number
}

let parts: Promise<Parts> | undefined

/** Loads what parses and rewrites, once a thread; a service that only asks for names never does. */
export async function loadParts(): Promise<Parts> {
  parts ??= Promise.all([
    import('../sql/parser.ts'),
    import('../rewrite/moves.ts'),
    import('../rewrite/rewrite.ts'),
  ]).then(async ([{ Parser, isBeingMade, longestText }, { Moves }, { rewriteText }]) => ({
    parser: await Parser.load(),
    Moves,
    rewriteText,
    isBeingMade,
    longestText,
  }))
  return parts
}
