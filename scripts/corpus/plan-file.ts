import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { literalPattern } from '../../src/plan/match.ts'

export interface Waiver {
  readonly rule: string
  readonly on: string
}

/** The one name that all plans of this command have; what asks for confirmation wants it typed. */
export const planName = 'corpus'

/** Writes the plan of a mapping: every table to the schema that it is mapped to, in a phase for each schema. */
export async function writePlan(
  file: string,
  mapping: ReadonlyMap<string, string>,
  { allow, isBackedUp }: { readonly allow: readonly Waiver[]; readonly isBackedUp: boolean },
): Promise<void> {
  const services = [...groupBySchema(mapping)].map(([schema, tables], index) => [
    isServiceName(schema) ? schema : `service_${index + 1}`,
    {
      from: 'db.public',
      to: 'db',
      ...(isServiceName(schema) ? {} : { schema }),
      tables: tables.map(literalPattern),
    },
  ])
  const plan = {
    version: 1,
    name: planName,
    databases: { db: { url: '${CORPUS_URL}' } },
    services: Object.fromEntries(services) as object,
    defaults: isBackedUp ? { backupDir: 'backups' } : { backup: 'none' },
    contract: { quiet: '0s' },
    ...(allow.length === 0 ? {} : { allow: allow.map((each) => ({ ...each, because: 'a throwaway copy' })) }),
  }
  await writeFile(file, stringify(plan))
}

/** The schemas that tables are mapped to, in the order of their first table. */
export function groupBySchema(mapping: ReadonlyMap<string, string>): Map<string, string[]> {
  const schemas = new Map<string, string[]>()
  for (const [table, schema] of mapping) schemas.set(schema, [...(schemas.get(schema) ?? []), table])
  return schemas
}

/** A schema may have any name, a service may not. Numbers alone would lose their place in the order. */
function isServiceName(schema: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(schema)
}
