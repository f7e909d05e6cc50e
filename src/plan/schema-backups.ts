import { z } from 'zod'
import { day, duration, text } from './schema-parts.ts'

export const backups = z.strictObject({
  keep: z
    .int()
    .min(1, 'must be at least 1')
    .max(10_000, 'must be at most 10000')
    .optional()
    .describe(
      'How many backups of each scope (a phase, a service, all tables) `backup prune` keeps. Without it: all.',
    ),
  maxAge: duration(
    'How old a backup may be before `backup prune` removes it. Without it: any age.',
    day / 24,
    3650 * day,
  ).optional(),
  keyCommand: text(
    'Command line, run by sh, that prints the key with which backups are encrypted. Without it they are not.',
    2000,
  ).optional(),
  drill: z
    .enum(['none', 'each-phase', 'before-switch'])
    .default('none')
    .describe(
      'Which phases restore their backup into a scratch database and compare it before they go on: none, each, or those that switch.',
    ),
})
