import type { RecordedStatement } from '../catalog/recorded-statements.ts'

const parameter = String.raw`(?:lower|quote_ident)?\(?\$\d+\)?(?:::\w+)*`

/** Columns of the catalogs by which a table is found: its OID, or its name. */
const lookups = [
  String.raw`\b(?:indrelid|attrelid|conrelid|confrelid|tgrelid|inhrelid|inhparent|adrelid|polrelid|stxrelid)"?\s*=\s*${parameter}::regclass`,
  String.raw`\b(?:indrelid|attrelid|conrelid|confrelid|tgrelid)"?\s*=\s*to_regclass\(\$\d+`,
  String.raw`\bfrom\s+(?:pg_catalog\.)?pg_class\b[^]*\boid\s*=\s*${parameter}::regclass`,
  String.raw`\bpg_(?:total_relation|table|relation|indexes)_size\(${parameter}(?:::regclass)?\)`,
  String.raw`\b(?:nspname|table_schema|schemaname)"?\s*=\s*${parameter}[^]*\b(?:relname|table_name|tablename)"?\s*=\s*\$\d+`,
  String.raw`\b(?:relname|table_name|tablename)"?\s*=\s*${parameter}[^]*\b(?:nspname|table_schema|schemaname)"?\s*=\s*\$\d+`,
].map((pattern) => new RegExp(pattern, 'i'))

/**
 * Statements that look tables up by a name that pg_stat_statements puts $1 for, as ORMs do when they start: which table it
 * is shows only when they run.
 */
export function namedByParameter(statements: readonly RecordedStatement[]): RecordedStatement[] {
  return statements.filter(({ sql }) => lookups.some((pattern) => pattern.test(sql)))
}
