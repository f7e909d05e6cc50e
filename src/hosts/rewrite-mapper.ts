import type { Context, HostString } from './context.ts'
import { decideStrings } from './decide-strings.ts'
import type { SourceResult } from './finding.ts'
import { partsAround } from './strings.ts'
import { between, type Hole } from './templates.ts'

/** A mapper of MyBatis or iBATIS. */
export const isMapper = /<(?:mapper|sqlMap)\b/

const tag = /<!--[^]*?-->|<!\[CDATA\[|\]\]>|<(\/?)([\w:.-]+)((?:"[^"]*"|'[^']*'|[^'">])*)>/g
const holding = /^(?:select|insert|update|delete|sql|statement|procedure|selectKey)$/

/** What stands for the elements in a statement, the likeliest first (MyBatis, Dynamic SQL). */
const masks: Readonly<Partial<Record<string, readonly string[]>>> = {
  '<where>': [' where true ', ' where '],
  '</where>': [' '],
  '<set>': [' set '],
  // The comma before it goes when it runs.
  '</set>': [' ', ' q = 1 '],
  '<foreach>': [' ', ' ( ', '(1) '],
  '</foreach>': [' ', ' ) '],
  '<include>': [' q ', ' ', ' where q ', ' and q ', ', q ', ' * '],
}

/** The statements of a mapper: what elements and `${…}` put in is guessed as far as the statement can be read then. */
export async function rewriteMapper(context: Context, text: string): Promise<SourceResult> {
  return decideStrings(context, statementsIn(text), text)
}

interface Open {
  readonly name: string
  readonly by: string
  readonly start: number
  readonly holes: Hole[]
}

function statementsIn(text: string): HostString[] {
  const found: HostString[] = []
  const open: Open[] = []
  for (const { 0: written, 1: slash, 2: name, 3: rest = '', index } of text.matchAll(tag)) {
    const end = index + written.length
    const isEmpty = rest.endsWith('/')
    if (name !== undefined && holding.test(name) && !isEmpty) {
      open.at(-1)?.holes.push({ start: index, end, masks: [' '] })
      if (slash === '') open.push({ name, by: `<${name}>`, start: end, holes: [] })
      else {
        const done = open.pop()
        if (done?.name !== name) return found
        found.push(stringOf(text, done, index))
        // To what is around it, as a selectKey is in an insert, all of it is nothing.
        open.at(-1)?.holes.push({ start: done.start, end: index, masks: [' '] })
      }
    }
    open.at(-1)?.holes.push({ start: index, end, masks: masksOf(name, slash, rest) })
  }
  return found
}

function masksOf(name: string | undefined, slash = '', rest: string): readonly string[] {
  if (name === undefined || holding.test(name)) return [' ']
  const attribute = (of: string): string => new RegExp(`\\b${of}\\s*=\\s*["']([^"']*)`).exec(rest)?.[1] ?? ''
  if (name === 'foreach' && slash === '' && attribute('open') !== '') return [` ${attribute('open')} `]
  if (name === 'trim' && slash === '') {
    const prefix = attribute('prefix')
    return /^\s*where/i.test(prefix) ? [' where true ', ' where '] : [` ${prefix} `, ' ']
  }
  if (name === 'trim') return [' ', ')', ' q = 1 ', ' q) ']
  return masks[`<${slash}${name}>`] ?? between
}

function stringOf(text: string, { start, holes, by }: Open, end: number): HostString {
  const inner = holes.filter((hole) => hole.start >= start).toSorted((a, b) => a.start - b.start)
  const content = { start, end, isRaw: true, quote: '', untold: /&\w+;/g }
  const parts = partsAround(text, content, inner)
  return { start, end, parts, place: { kind: by === '<sql>' ? 'piece' : 'database', by } }
}
