import { z } from 'zod'
import { durationPattern, formatDuration, parseDuration } from './duration.ts'

export const day = 86_400_000

export function text(description: string, maxLength = 500) {
  return z
    .string()
    .regex(/\S/, 'must not be empty')
    .max(maxLength, `must not be longer than ${maxLength} characters`)
    .describe(description)
}

export function duration(description: string, fromMs: number, toMs: number) {
  return z
    .string()
    .regex(durationPattern, 'expected a duration such as "200ms", "30s", "5m", "2h" or "7d"')
    .transform((written) => parseDuration(written) ?? Number.NaN)
    .refine((ms) => ms >= fromMs && ms <= toMs, {
      error: `must be between ${formatDuration(fromMs)} and ${formatDuration(toMs)}`,
    })
    .describe(description)
}

export const environment = '${NAME}, ${NAME:-default} and ${NAME:?message} are read from the environment'

export function connection(description: string) {
  return z.string().describe(`${description} ${environment}.`)
}

export function named<Value extends z.ZodType>(
  pattern: RegExp,
  means: string,
  value: Value,
  description: string,
) {
  return z
    .record(z.string().regex(pattern, means), value)
    .refine((entries) => Object.keys(entries).length > 0, { error: 'needs at least one entry' })
    .meta({ minProperties: 1 })
    .describe(description)
}
