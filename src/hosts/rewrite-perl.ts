import type { Context, HostString } from './context.ts'
import { decideStrings } from './decide-strings.ts'
import type { Finding, SourceResult } from './finding.ts'
import { isInRelationPosition } from './shape.ts'
import { partsAround } from './strings.ts'

/**
 * Perl has no grammar that could be asked: what looks like a string is read as one, and a name in what is left over, where
 * SQL has a relation, is told.
 */
export async function rewritePerl(context: Context, text: string): Promise<SourceResult> {
  const { strings, comments } = stringsIn(text)
  const result = await decideStrings(context, joined(text, strings), text)
  const rest = blanked(text, [...strings, ...comments])
  const missed = context.names
    .wordsIn(rest)
    .filter(({ start }) =>
      isInRelationPosition(rest.slice(Math.max(0, start - 100), start), context.moves.sources),
    )
    .map(({ name, start, end }): Finding => ({
      kind: 'undecided',
      code: 'low-confidence',
      name,
      start,
      end,
      reason: 'it stands where SQL has a relation, in what looks like code',
    }))
  return { ...result, findings: [...result.findings, ...missed].toSorted((a, b) => a.start - b.start) }
}

interface PerlString {
  readonly start: number
  readonly end: number
  /** With what stands around it; the text of a here-document stands elsewhere. */
  readonly whole: Range | undefined
  readonly hasHoles: boolean
  /** What ends it. */
  readonly quote: string
  /** The function that is given it. */
  readonly by: string
}

const closing: Readonly<Partial<Record<string, string>>> = { '{': '}', '(': ')', '[': ']', '<': '>' }

/** A comment, documentation, a here-document, a quoting operator, a string; in this order. */
const beginning =
  /(?<comment>(?<![$\\&\w])#[^\n]*|^=[a-z]\w*[^]*?(?:^=cut\b[^\n]*|(?![^])))|<<(?<indent>~?)(?:(?<mark>["'])(?<quoted>[\w ]+)\k<mark>|(?<bare>[A-Za-z_]\w*))|(?<![\w$@%&>{-])(?<operator>qq|qx|qw|qr|q|m|tr|s|y)(?:\s*(?<open>[{([<])|(?<same>[|!~/,:;#%^]))|(?<![\w$\\])(?<plain>["'])/gm

interface Range {
  readonly start: number
  readonly end: number
}

function stringsIn(text: string): { readonly strings: PerlString[]; readonly comments: Range[] } {
  const found: PerlString[] = []
  const comments: Range[] = []
  for (let at = 0; ;) {
    beginning.lastIndex = at
    const match = beginning.exec(text)
    if (match === null) return { strings: found, comments }
    const groups = match.groups as Partial<Record<string, string>>
    at = beginning.lastIndex
    const by = /([\w>:-]+)\s*\(?\s*$/.exec(text.slice(Math.max(0, match.index - 80), match.index))?.[1] ?? ''
    const add = (start: number, end: number, hasHoles: boolean, quote: string): void => {
      const whole = quote === '' ? undefined : { start: match.index, end: end + 1 }
      found.push({ start, end, whole, hasHoles, quote, by: /\w+$/.exec(by)?.[0] ?? '' })
    }
    const heredoc = groups['quoted'] ?? groups['bare']
    const within = found.some((each) => each.start <= match.index && match.index < each.end)
    if (within) continue
    if (groups['comment'] !== undefined) {
      comments.push({ start: match.index, end: at })
      continue
    }
    if (heredoc !== undefined) {
      const start = text.indexOf('\n', at) + 1
      const end = start === 0 ? undefined : new RegExp(`^[ \\t]*${heredoc}$`, 'm').exec(text.slice(start))
      if (end != null) add(start, start + end.index, groups['mark'] !== "'", '')
      // Code goes on behind the mark, and the text of it is passed over when that comes to it.
      continue
    }
    const open = groups['open'] ?? groups['same'] ?? groups['plain']!
    const end = endOf(text, at, open, closing[open] ?? open)
    const { operator } = groups
    if (operator === undefined || operator === 'q' || operator === 'qq')
      add(at, end, operator === 'qq' || open === '"', closing[open] ?? open)
    at = operator === 's' || operator === 'tr' || operator === 'y' ? endOfSecond(text, end, open) : end + 1
  }
}

function endOf(text: string, from: number, open: string, close: string): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const letter = text[at]
    if (letter === '\\') at += 1
    else if (letter === close && depth === 0) return at
    else if (letter === close) depth -= 1
    else if (letter === open) depth += 1
  }
  return text.length
}

function endOfSecond(text: string, end: number, open: string): number {
  const close = closing[open]
  if (close === undefined) return endOf(text, end + 1, open, open) + 1
  const next = text.indexOf(open, end + 1)
  return next < 0 || next > end + 3 ? end + 1 : endOf(text, next + 1, open, close) + 1
}

const variable = /[$@](?:\{[^{}]*\}|\w+(?:::\w+)*(?:(?:->)?(?:\[[^[\]\n]*\]|\{[^{}\n]*\}))*)/g

function hostString(text: string, { start, end, hasHoles, quote, by }: PerlString): HostString {
  const holes = hasHoles
    ? [...text.slice(start, end).matchAll(variable)]
        // `$1` is a parameter of the database.
        .filter(({ 0: written }) => !/^\$\d+$/.test(written))
        .map(({ 0: written, index }) => ({ start: start + index, end: start + index + written.length }))
    : []
  const content = { start, end, isRaw: false, quote, untold: hasHoles ? /\\[^]/g : /\\['\\]/g }
  const isDatabase = /^(?:do|prepare|prepare_cached|select\w*|execute|query|exec)$/.test(by)
  return {
    start,
    end,
    parts: partsAround(text, content, holes),
    place: isDatabase ? { kind: 'database', by } : { kind: 'elsewhere', by: '' },
  }
}

/** `'select ' . $columns . ' from users'` is one string; of another operand no more is known than that there is one. */
function joined(text: string, strings: readonly PerlString[]): HostString[] {
  const found: HostString[] = []
  let last: PerlString | undefined
  for (const string of strings) {
    const own = hostString(text, string)
    const before = found.at(-1)
    const between =
      last?.whole === undefined || string.whole === undefined
        ? undefined
        : text.slice(last.whole.end, string.whole.start)
    const hole = { kind: 'hole', start: last?.whole?.end ?? 0, end: string.whole?.start ?? 0 } as const
    const isJoined = between !== undefined && /^\s*\.(?:\s*[$@\w>{}[\]()-]+\s*\.)?\s*$/.test(between)
    if (isJoined && before !== undefined) {
      const parts = [...before.parts, ...(/[\w$]/.test(between) ? [hole] : []), ...own.parts]
      found[found.length - 1] = { ...before, end: own.end, parts }
    } else found.push(own)
    last = string
  }
  return found.map((each) => withOpenEnd(text, each, strings))
}

/** What is joined to it and is no string. */
function withOpenEnd(text: string, each: HostString, strings: readonly PerlString[]): HostString {
  const whole = strings.find(({ end }) => end === each.end)?.whole
  if (whole === undefined || !/^\s*\.(?![.\d])/.test(text.slice(whole.end, whole.end + 40))) return each
  const hole = { kind: 'hole', start: whole.end, end: whole.end + 1 } as const
  return { ...each, parts: [...each.parts, hole] }
}

function blanked(text: string, ranges: readonly Range[]): string {
  let result = ''
  let at = 0
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    if (start < at) continue
    result += text.slice(at, start) + ' '.repeat(end - start)
    at = end
  }
  return result + text.slice(at)
}
