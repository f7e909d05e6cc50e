const unitMs: Record<string, number> = {
  '': 1,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  us: 0.001,
}

/** Reads `statement_timeout=5s` as PostgreSQL would: a time setting without a unit is in milliseconds. */
export function parseSetting(text: string): { name: string; ms: number | undefined } {
  const [name = '', value = ''] = text.split('=', 2)
  const match = /^"?\s*([\d.]+)\s*([a-z]*)\s*"?$/i.exec(value)
  const unit = match === null ? undefined : unitMs[match[2]!]
  return { name, ms: unit === undefined ? undefined : Number(match![1]) * unit }
}
