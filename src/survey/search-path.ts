import type { PathSetting } from '../catalog/path-settings.ts'
import type { Plan } from '../plan/plan.ts'
import { ident } from '../pg/quoting.ts'

/**
 * The search_path for functions that rows make run. Until contract the old schema comes first, so that nothing changes
 * for them; before the old names go, the new schemas do. pg_temp is last, where nobody can slip a table in (manual,
 * chapter 5.9.6 and CREATE FUNCTION).
 */
export function pinnedPath(plan: Plan, source: string, first: 'old' | 'new'): string[] {
  const targets = plan.services
    .filter(({ sourceSchema }) => sourceSchema === source)
    .map(({ schema }) => schema)
  return [...new Set(first === 'old' ? [source, ...targets] : [...targets, source]), 'pg_temp']
}

/** The path as SET takes it and pg_proc.proconfig keeps it. */
export function pathText(path: readonly string[]): string {
  return path.map(ident).join(', ')
}

/** The path of a session for which no role sets another. */
export function sharedPath(settings: readonly PathSetting[]): string {
  return settings.find(({ role }) => role === null)?.effective ?? 'public'
}

/** The names in a path as pg_db_role_setting and pg_proc keep it. */
export function splitPath(text: string): string[] {
  return [...text.matchAll(/"((?:[^"]|"")*)"|([^,\s]+)/g)].map(([, quoted, bare]) =>
    quoted === undefined ? bare! : quoted.replaceAll('""', '"'),
  )
}

/** The schemas that clients must find tables in without naming them, because nothing will stand at the old names. */
export function pathSchemas(mappings: readonly { compat: string; target: string }[]): string[] {
  return [...new Set(mappings.filter(({ compat }) => compat === 'search-path').map(({ target }) => target))]
}
