import pg from 'pg'
import { ident } from './identifier.ts'

export { ident, qualified, type QualifiedName } from './identifier.ts'

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
