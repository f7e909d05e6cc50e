/** Where a byte of a text's UTF-8 form is, in UTF-16 units as JavaScript counts: the parser counts bytes. */
export type Offsets = (byte: number) => number

export function offsetsOf(text: string): Offsets {
  // eslint-disable-next-line no-control-regex -- all of ASCII is meant
  if (/^[\u0000-\u007f]*$/.test(text)) return (byte) => byte
  const at: number[] = []
  let unit = 0
  for (const character of text) {
    const bytes = Buffer.byteLength(character)
    for (let n = 0; n < bytes; n++) at.push(unit)
    unit += character.length
  }
  return (byte) => at[byte] ?? unit
}
