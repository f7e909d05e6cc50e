import type { Measurement, ResultTable } from './benchmark.ts'

/** A measurement as Markdown that reads well in a terminal too. */
export function renderMeasurement({ title, notes, tables, aims }: Measurement): string {
  return [
    `## ${title}`,
    notes.map((note) => `- ${note}`).join('\n'),
    ...tables.map(renderTable),
    ...(aims.length === 0
      ? []
      : [
          renderTable({
            header: ['', 'Aim', 'Found', ''],
            rows: aims.map(({ what, aim, found, isMet }) => [what, aim, found, isMet ? 'met' : 'missed']),
          }),
        ]),
  ].join('\n\n')
}

function renderTable({ header, rows }: ResultTable): string {
  const widths = header.map((title, at) =>
    Math.max(3, title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  )
  // Words to the left, numbers to the right.
  const isNumeric = header.map((_, at) => rows.every((row) => /^[\d–-]/.test(row[at] ?? '')))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, at) => (isNumeric[at] ? (cells[at] ?? '').padStart(width) : (cells[at] ?? '').padEnd(width))).join(' | ')} |`
  const rule = widths.map((width, at) => `-${'-'.repeat(width)}${isNumeric[at] ? ':' : '-'}`)
  return [line(header), `|${rule.join('|')}|`, ...rows.map(line)].join('\n')
}

/** 12.3, or 1,234 where the fraction says nothing. */
export function milliseconds(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(value < 10 ? 2 : 1)
}

/** 2.4×. */
export function times(value: number): string {
  return `${value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1)}×`
}
