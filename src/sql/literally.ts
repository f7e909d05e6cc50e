/** A text as the source of a regular expression, with or without the flag `u`, that matches it and nothing else. */
export function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
}
