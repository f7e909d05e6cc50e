/** Rows of cells as aligned lines: the first column to the left, numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)))
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('   ')
      .trimEnd(),
  )
}

/** 12,345. */
export const count = (number: number): string => Math.round(number).toLocaleString('en-US')

/** 12.3 ms. */
export const ms = (number: number): string => `${number.toFixed(1)} ms`
