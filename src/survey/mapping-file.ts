import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { MigrateError } from '../errors/migrate-error.ts'
import type { NamedMove } from './named-moves.ts'

const document = z.object({
  format: z.literal(1),
  plan: z.string(),
  names: z.array(
    z.object({
      class: z.enum(['relation', 'type', 'routine']),
      schema: z.string().min(1),
      name: z.string().min(1),
      target: z.string().min(1),
      service: z.string(),
      of: z.string(),
    }),
  ),
})

/**
 * The names of a mapping document, as it is kept for programs that do not ask the database.
 * @throws MigrateError `usage-invalid` for a file that is none
 */
export async function readMappingFile(file: string): Promise<NamedMove[]> {
  try {
    return document.parse(JSON.parse(await readFile(file, 'utf8'))).names
  } catch (cause) {
    const why =
      cause instanceof z.ZodError
        ? cause.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`)
        : [cause instanceof Error ? cause.message : String(cause)]
    throw new MigrateError('usage-invalid', `--mapping: ${file} is no mapping document`, {
      detail: why,
      next: ['migrate rewrite --plan <plan> …, which asks the database'],
      cause,
    })
  }
}
