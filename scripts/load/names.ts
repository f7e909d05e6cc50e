import { escapeIdentifier } from 'pg'

/**
 * How a client spells a relation: `users`, `public.users`, or with the schema of the service that owns it.
 * The first two are the old names; `unqualified` is also a new name on a connection whose search_path says so.
 */
export type NameStyle = 'unqualified' | 'public' | 'schema'

/** Which schema each table belongs to after the move; a relation not in it stays in `public`. */
export type SchemaOf = Readonly<Record<string, string>>

/** Returns the function a workload uses to spell relations in the given style. */
export function spell(style: NameStyle, schemaOf: SchemaOf): (relation: string) => string {
  return (relation) => {
    if (style === 'unqualified') return escapeIdentifier(relation)
    const schema = style === 'schema' ? (schemaOf[relation] ?? 'public') : 'public'
    return `${escapeIdentifier(schema)}.${escapeIdentifier(relation)}`
  }
}
