/** Columns padded to the widest cell; the last one is not. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths: number[] = []
  for (const cells of rows)
    cells.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, visible(cell))))
  return rows
    .map(
      (cells) =>
        indent +
        cells
          .map((cell, index) =>
            index === cells.length - 1 ? cell : cell + ' '.repeat(widths[index]! - visible(cell)),
          )
          .join('  '),
    )
    .map((line) => line.trimEnd())
    .join('\n')
}

function visible(text: string): number {
  // eslint-disable-next-line no-control-regex -- colour codes take no room on the screen
  return Array.from(text.replaceAll(/\u001B\[[0-9;]*m/g, '')).length
}
