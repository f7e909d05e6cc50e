import { z } from 'zod'
import { durationPattern, formatDuration, parseDuration } from './duration.ts'

export const day = 24 * 3_600_000

/** A value of the plan that is some words. */
export function text(description: string, maxLength = 500) {
  return z
    .string()
    .regex(/\S/, 'must not be empty')
    .max(maxLength, `must not be longer than ${maxLength} characters`)
    .describe(description)
}

/** A value of the plan that is a duration between two others; milliseconds after reading. */
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
