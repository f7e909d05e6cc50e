/** What a duration looks like in a plan; also given to editors through the JSON Schema. */
export const durationPattern = /^\d{1,12}(ms|s|m|h|d)$/

/** Milliseconds of `500ms`, `30s`, `5m`, `2h`, `7d`, or undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const unit = durationPattern.exec(text)?.[1]
  return unit === undefined ? undefined : Number.parseInt(text, 10) * unitMs[unit as Unit]
}

/** The shortest exact way to write milliseconds as a duration: 60000 is `1m`, 1500 is `1500ms`. */
export function formatDuration(ms: number): string {
  const unit = units.find((candidate) => ms !== 0 && ms % unitMs[candidate] === 0) ?? (ms === 0 ? 's' : 'ms')
  return `${ms / unitMs[unit]}${unit}`
}

type Unit = keyof typeof unitMs

// Only whole numbers of one unit: `1.5h` and `1h30m` read nicely but give two ways to write each plan.
const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const units: readonly Unit[] = ['d', 'h', 'm', 's', 'ms']
