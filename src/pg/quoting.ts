import pg from 'pg'
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
  return /^[a-z_][a-z0-9_]*$/.test(name) && !quotedKeywords.has(name) ? name : pg.escapeIdentifier(name)
}

/** `schema.name`, both quoted where needed. */
export function qualified({ schema, name }: QualifiedName): string {
  return `${ident(schema)}.${ident(name)}`
}

/** A string literal, for the few statements that take no parameters (DDL, DO blocks). */
export function literal(value: string): string {
  return pg.escapeLiteral(value).trimStart()
}

/** A role in GRANT and OWNER TO, where PUBLIC is a key word and not a name. */
export function role(name: string | null): string {
  return name === null ? 'PUBLIC' : ident(name)
}

/** A dollar-quoted body whose tag does not occur in it. */
export function dollarQuoted(body: string): string {
  let tag = '$body$'
  for (let n = 1; `${body}$`.includes(tag); n++) tag = `$body${n}$`
  return `${tag}${body}${tag}`
}
