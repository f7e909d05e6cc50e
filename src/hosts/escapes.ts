const controls: Readonly<Partial<Record<string, string>>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\u0007',
  e: '\u001B',
  s: ' ',
  '0': '\0',
}

/** Of XML. */
const entities: Readonly<Partial<Record<string, string>>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&quot;': '"',
  '&apos;': "'",
}

/** The text that an escape sequence stands for; what the languages share, and no two of them read differently in SQL. */
export function decodeEscape(written: string): string {
  // Doubled braces of an f-string.
  if (written === '{{' || written === '}}') return written[0]!
  if (written.startsWith('&')) return entities[written] ?? written
  const rest = written.slice(1)
  const code = /^(?:u\{([\dA-Fa-f]+)\}|u+([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|x\{?([\dA-Fa-f]{1,2})\}?)$/.exec(
    rest,
  )
  const digits = (code?.slice(1) as (string | undefined)[] | undefined)?.find((each) => each !== undefined)
  if (digits !== undefined) return fromCode(Number.parseInt(digits, 16))
  if (/^[0-7]{2,3}$/.test(rest)) return fromCode(Number.parseInt(rest, 8))
  // A backslash at the end of a line goes on in the next.
  if (/^\r?\n/.test(rest)) return ''
  return controls[rest] ?? rest
}

function fromCode(code: number): string {
  return code > 0x10_ff_ff ? '\uFFFD' : String.fromCodePoint(code)
}
