import type { Context, HostString } from './context.ts'
import { decideStrings } from './decide-strings.ts'
import type { SourceResult } from './finding.ts'
import { partsAround } from './strings.ts'
import { holesIn } from './templates.ts'

const template = /::=\s*(?:<<([^]*?)>>|<%([^]*?)%>|"((?:[^"\\]|\\.)*)")/dg

/** A group of StringTemplate: `find(id) ::= << select … >>`. */
export async function rewriteGroup(context: Context, text: string): Promise<SourceResult> {
  const holes = holesIn(text, true)
  const strings = [...text.matchAll(template)].map(({ indices }): HostString => {
    const [start, end] = indices!.slice(1).find((each) => each !== undefined)!
    const parts = partsAround(text, { start, end, isRaw: true, quote: '', untold: /\\[<>"\\]/g }, holes)
    return { start, end, parts, place: { kind: 'piece', by: 'a template' } }
  })
  // A file with one statement and no templates is one itself.
  const whole = { start: 0, end: text.length }
  const parts = partsAround(text, { ...whole, isRaw: true, quote: '', untold: /\\[<>]/g }, holes)
  return decideStrings(
    context,
    strings.length > 0 ? strings : [{ ...whole, parts, place: { kind: 'database', by: 'a template' } }],
    text,
  )
}
