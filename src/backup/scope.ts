import { z } from 'zod'

export const scopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('phase'), number: z.int(), name: z.string() }),
  z.strictObject({ kind: z.literal('service'), service: z.string() }),
  z.strictObject({ kind: z.literal('all') }),
])

/** Which tables of a plan a backup is of. */
export type BackupScope = z.infer<typeof scopeSchema>

/** The same for people: `phase 2`, `service sales`, `all tables`. */
export function describeScope(scope: BackupScope): string {
  switch (scope.kind) {
    case 'phase':
      return `phase ${scope.number}`
    case 'service':
      return `service ${scope.service}`
    case 'all':
      return 'all tables'
  }
}

/** The end of a folder's name; equal for backups of one scope, different for others. */
export function scopeLabel(scope: BackupScope): string {
  switch (scope.kind) {
    case 'phase':
      return `phase${scope.number}`
    case 'service':
      return `service-${scope.service}`
    case 'all':
      return 'all'
  }
}
