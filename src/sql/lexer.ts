/** What PostgreSQL's lexer makes of a piece of text (manual, chapter 4.1); blanks and comments are no tokens. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'operator' | 'punctuation' | 'stray'
  /** Where it begins and ends, in UTF-16 units as JavaScript counts. */
  readonly start: number
  readonly end: number
  /** Of a word or quoted name: the name as the server reads it. Of a string: how it is quoted. */
  readonly value: string
}

/** How a string is written: `'`, `E'`, `U&'`, `B'`, `X'`, `N'`, or dollars. */
export type StringForm = "'" | 'e' | 'u&' | 'b' | 'x' | 'n' | '$'

const letter = String.raw`[A-Za-z_\u0080-\uffff]`
const following = String.raw`[A-Za-z0-9_$\u0080-\uffff]`

/** In the order in which they are tried, each with the characters that it can begin with. */
const rules = (
  [
    ['blank', String.raw`[ \t\n\r\f\v-]`, String.raw`[ \t\n\r\f\v]+|--[^\n\r]*`],
    ['string', '[uU]', String.raw`[uU]&'(?:[^']|'')*'`],
    ['string', '[eE]', String.raw`[eE]'(?:[^'\\]|\\[^]|'')*'`],
    ['string', `[bBxXnN']`, String.raw`[bBxXnN]?'(?:[^']|'')*'`],
    ['quoted', '[uU"]', String.raw`(?:[uU]&)?"(?:[^"]|"")+"`],
    ['string', '[$]', String.raw`\$(${letter}[A-Za-z0-9_\u0080-\uffff]*)?\$[^]*?\$\1\$`],
    ['word', letter, `${letter}${following}*`],
    ['parameter', '[$]', String.raw`\$\d+`],
    [
      'number',
      String.raw`[\d.]`,
      String.raw`(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?|0[xXoObB][\dA-Fa-f_]+`,
    ],
    ['punctuation', String.raw`[:.(),;[\]]`, String.raw`::|:=|\.\.|[(),.;:[\]]`],
  ] as const
).map(([kind, begins, source]) => ({ kind, begins: new RegExp(begins), rule: new RegExp(source, 'y') }))

/** The rules that are worth a try at a character, of ASCII and of all others: services lex each statement that is new. */
const rulesAt = Array.from({ length: 0x81 }, (_, code) =>
  rules.filter(({ begins }) => begins.test(String.fromCharCode(code))),
)

const operator = /[-+*/<>=~!@#%^&|`?]+/y

/** The tokens of a text. What is no token, such as a quote that is never closed, is a stray character of its own. */
export function lex(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length;) {
    const piece = pieceAt(text, at)
    if (isToken(piece)) tokens.push(piece)
    at = piece.end
  }
  return tokens
}

/** The token, blank or comment that begins at a place. */
export function pieceAt(text: string, at: number): Piece {
  const comment = text.startsWith('/*', at) ? commentEnd(text, at) : undefined
  return comment === undefined ? next(text, at) : { kind: undefined, start: at, end: comment, value: '' }
}

export function isToken(piece: Piece): piece is Token {
  return piece.kind !== undefined
}

/** A token, or with no kind a blank or a comment. */
export interface Piece {
  readonly kind: Token['kind'] | undefined
  readonly start: number
  readonly end: number
  readonly value: string
}

function next(text: string, start: number): Piece {
  for (const { kind, rule } of rulesAt[Math.min(text.charCodeAt(start), 0x80)]!) {
    rule.lastIndex = start
    if (!rule.test(text)) continue
    const end = rule.lastIndex
    if (kind === 'blank') return { kind: undefined, start, end, value: '' }
    return { kind, start, end, value: valueOf(kind, text.slice(start, end)) }
  }
  operator.lastIndex = start
  if (!operator.test(text)) return { kind: 'stray', start, end: start + 1, value: text[start]! }
  const end = operatorEnd(text, start, operator.lastIndex)
  return { kind: 'operator', start, end, value: text.slice(start, end) }
}

/** A comment may begin within what would else be one operator. */
function operatorEnd(text: string, start: number, end: number): number {
  if (end - start === 1) return end
  // Only within the operator: a text of many would else be searched to its end for each.
  const written = text.slice(start, end)
  const cuts = ['--', '/*'].map((begin) => written.indexOf(begin, 1)).filter((at) => at > 0)
  return Math.min(end, ...cuts.map((at) => start + at))
}

/** Comments nest; undefined for one that is never closed. */
function commentEnd(text: string, start: number): number | undefined {
  let depth = 0
  const marks = /\/\*|\*\//g
  marks.lastIndex = start
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return marks.lastIndex
  }
  return undefined
}

function valueOf(kind: Token['kind'], written: string): string {
  switch (kind) {
    case 'word':
      return truncate(
        /[A-Z]/.test(written) ? written.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()) : written,
      )
    case 'quoted':
      return truncate(
        /^u&/i.test(written) ? unescape(written.slice(3, -1)) : written.slice(1, -1).replaceAll('""', '"'),
      )
    case 'string':
      return written.startsWith('$')
        ? '$'
        : /^[^']*'/
            .exec(written)![0]
            .toLowerCase()
            .replace(/(?<=.)'$/, '')
    default:
      return written
  }
}

/** The characters of `U&"…"` and `U&'…'`; another escape character than the backslash is not looked for. */
export function unescape(inner: string): string {
  return inner
    .replaceAll('""', '"')
    .replaceAll(/\\(?:\\|\+([\dA-Fa-f]{6})|([\dA-Fa-f]{4}))/g, (_all, long?: string, short?: string) => {
      const digits = long ?? short
      return digits === undefined ? '\\' : String.fromCodePoint(Number.parseInt(digits, 16))
    })
}

/** Names are cut to 63 bytes, never within a character (manual, chapter 4.1.1). */
export function truncate(name: string): string {
  if (name.length <= 21) return name
  const bytes = Buffer.from(name)
  if (bytes.length <= 63) return name
  let end = 63
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

/** Whether a token is this word of the grammar, and no name in quotes that is spelled like it. */
export function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.value === word
}

export function isMark(token: Token | undefined, mark: string): boolean {
  return (token?.kind === 'punctuation' || token?.kind === 'operator') && token.value === mark
}

/** A name, in quotes or without. */
export function isName(token: Token | undefined): boolean {
  return token?.kind === 'word' || token?.kind === 'quoted'
}
