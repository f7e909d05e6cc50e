import type { Parsed, Parser, Statement } from '../sql/parser.ts'
import { withMask, withPlaceholders, wrapped, holeName, type Element, type Virtual } from './virtual.ts'

/** A form of a string's SQL that the parser reads. */
export interface Readable {
  readonly virtual: Virtual
  readonly statements: readonly Statement[]
}

/** Why there is none. */
export interface Unreadable {
  /** Has the parser come to the end, and wanted more? */
  readonly endsEarly: boolean
  /** What the parser said of the text with what stands for that which is put in, and where, in that text. */
  readonly said: string
  readonly stopped: number
  readonly form: Virtual
}

/** Of one form; each costs a fraction of a millisecond, and of a long text many, so that there are fewer of them. */
const mostTries = 80
const mostTried = 256 * 1024

/**
 * The first form that can be parsed: as it is written, then with placeholders as parameters, then with other things in place
 * of what is put in. What stands nearest before the place of the error is tried first, and kept when the parser comes
 * further.
 */
export function readable(parser: Parser, virtual: Virtual, before = '', after = ''): Readable | Unreadable {
  let tries = 0
  const most = Math.max(3, Math.min(mostTries, Math.floor(mostTried / (virtual.text.length + 1))))
  const attempt = (form: Virtual): Attempt => {
    tries += 1
    const text = before + form.text + after
    const parsed = parser.parse(text)
    const cursor = 'unparsable' in parsed ? parsed.cursor : undefined
    return { form, parsed, left: leftBehind(text, cursor), cursor: (cursor ?? 0) - before.length }
  }
  let now = attempt(virtual)
  if ('unparsable' in now.parsed) {
    const form = withPlaceholders(virtual)
    if (form !== virtual) now = attempt(form)
  }
  while ('unparsable' in now.parsed) {
    const better = improved(now, attempt, () => tries < most)
    if (better === undefined) return failed(now)
    now = better
  }
  const { statements } = now.parsed
  return statements.length === 0
    ? { endsEarly: false, said: 'there is no statement in it', stopped: 0, form: now.form }
    : { virtual: wrapped(now.form, before, after), statements }
}

function failed({ form, parsed, cursor }: Attempt): Unreadable {
  const said = 'unparsable' in parsed ? parsed.unparsable : ''
  return { endsEarly: /end of input/.test(said), said, stopped: Math.max(0, cursor - 1), form }
}

interface Attempt {
  readonly form: Virtual
  readonly parsed: Parsed
  /** Characters that the parser has not come to. */
  readonly left: number
  /** In the string’s own text. */
  readonly cursor: number
}

/** Another mask for one slot with which the parser comes further. */
function improved(
  { form, left, cursor }: Attempt,
  attempt: (form: Virtual) => Attempt,
  mayTry: () => boolean,
): Attempt | undefined {
  for (const slot of slotsBefore(form, cursor)) {
    for (const mask of masksFor(form.elements[slot]!)) {
      if (!mayTry()) return undefined
      const other = attempt(withMask(form, slot, mask))
      if ('statements' in other.parsed || other.left < left) return other
    }
  }
  return undefined
}

/** What can stand where something is put in: a name, nothing, a value, a condition, a column more, assignments, a row, the rest of
 * an UPDATE, a query. */
function masksFor(element: Element): string[] {
  if (element.kind === 'text') return []
  const masks = element.masks ?? [
    holeName,
    '',
    '1',
    `'q'`,
    ' and q',
    ', q',
    'q = 1',
    '($1)',
    ' where q',
    ' (q)',
    ' set q = 1 where q',
    ' set q = 1',
    'select 1 from (select 1) q',
  ]
  return masks.filter((mask) => mask !== element.mask)
}

/** The slots, the nearest before a place first, then those behind it. */
function slotsBefore(form: Virtual, cursor: number): number[] {
  let at = 0
  const slots: { index: number; at: number }[] = []
  for (const [index, element] of form.elements.entries()) {
    if (element.kind === 'slot') slots.push({ index, at })
    at += element.kind === 'slot' ? element.mask.length : element.to - element.from
  }
  const before = slots.filter((slot) => slot.at < cursor).reverse()
  const behind = slots.filter((slot) => slot.at >= cursor)
  return [...before, ...behind].map(({ index }) => index)
}

/** How much of a text the parser has not come to; the cursor counts characters from 1, and without one it is the end. */
function leftBehind(text: string, cursor = 0): number {
  if (cursor <= 0) return 0
  const pairs = text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0
  return Math.max(0, text.length - pairs - cursor + 1)
}
