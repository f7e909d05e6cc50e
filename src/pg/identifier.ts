import { quotedKeywords } from './keywords.ts'

/** The name of a relation, function or type with its schema. */
export interface QualifiedName {
  readonly schema: string
  readonly name: string
}

/**
 * Quotes an identifier where PostgreSQL's own quote_ident() would, so that printed statements stay readable
 * (manual, chapter 4.1.1: identifiers and key words).
 */
export function ident(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !quotedKeywords.has(name)
    ? name
    : `"${name.replaceAll('"', '""')}"`
}

/** `schema.name`, both quoted where needed. */
export function qualified({ schema, name }: QualifiedName): string {
  return `${ident(schema)}.${ident(name)}`
}
