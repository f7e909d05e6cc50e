/** Where a byte of a text's UTF-8 form is, in UTF-16 units as JavaScript counts: the parser counts bytes. */
export type Offsets = (byte: number) => number

export function offsetsOf(text: string): Offsets {
  // eslint-disable-next-line no-control-regex -- all of ASCII is meant
  if (/^[\u0000-\u007f]*$/.test(text)) return (byte) => byte
  const at = new Uint32Array(Buffer.byteLength(text))
  let byte = 0
  for (let unit = 0; unit < text.length;) {
    const code = text.codePointAt(unit)!
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    for (const next = byte + bytes; byte < next; byte++) at[byte] = unit
    unit += bytes === 4 ? 2 : 1
  }
  return (place) => at[place] ?? text.length
}
