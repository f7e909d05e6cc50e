import type { LeftReason } from './left.ts'

/** Folders of what others wrote. */
const vendored =
  /^(?:node_modules|bower_components|jspm_packages|vendor|vendored|third[-_]?party|site-packages|dist-packages|\.?venv|virtualenv|Pods|Carthage)$/

/** Folders that things are made in from sources, and where git tracks nothing else may be. */
const built = /^(?:__pycache__|dist|build|target|out|coverage)$/

/** Folders in which programs that apply migrations keep them. */
const migrationFolder =
  /^(?:migrations?|migrate|db_migrations?|versions|changelogs?|changesets?|schema_migrations|drizzle|committed)$/i

/**
 * A name that such programs order by: `0001_x.py`, `20240101120000_x.rb`, `2024_01_01_000000_x.php`, `1.2.0-x.sql`, also as a
 * folder around `up.sql`; Doctrine’s `Version20240101.php`; Flyway’s `V1_2__x.sql` and `U1__x.sql`, but not `R__x.sql`, which it runs
 * again after a change.
 */
const ordered = /^(?:\d+(?:[._-]|$)|Version\d{8,})/
const flyway = /^[VUB]\d[\w.]*__[^/]*\.(?:sql|java|kt)(?:\.\w+)?$/

const dialects =
  /(?<![a-z])(?:mysql|mariadb|sqlite3?|mssql|sqlserver|sql[-_]server|tsql|oracle|plsql|cassandra|cql|clickhouse|db2|h2|hsqldb|derby|snowflake|bigquery|firebird|spanner|hive|duckdb|vertica|teradata|sybase)(?![a-z])/
const postgres = /(?<![a-z])(?:postgres(?:ql)?|pg|psql|pgsql)(?![a-z])/

/** Why a file is left alone by its path below a folder that was named; undefined for one that is to be read. */
export function leftByPath(path: string, isTracked: boolean): LeftReason | undefined {
  const folders = path.split('/')
  const name = folders.pop()!
  if (folders.some((folder) => vendored.test(folder)) || /\.min\.[cm]?js$/.test(name)) return 'vendored'
  if (!isTracked && folders.some((folder) => built.test(folder))) return 'built'
  if (!isTracked && folders.some((folder) => folder.startsWith('.'))) return 'hidden'
  if (isMigration(folders, name)) return 'migration'
  return isOtherDialect([...folders, name]) ? 'dialect' : undefined
}

/** The same for a file of which the whole path in its repository is known. */
export function isMigration(folders: readonly string[], name: string): boolean {
  if (flyway.test(name)) return true
  const at = folders.findLastIndex((folder) => migrationFolder.test(folder))
  return at >= 0 && [...folders.slice(at + 1), name].some((part) => ordered.test(part))
}

/** `sql/mysql/users.sql`, `schema.sqlite.sql`, `MySqlStore.java`; not where PostgreSQL is named as well. */
function isOtherDialect(parts: readonly string[]): boolean {
  const words = parts
    .map((part) =>
      part
        .replaceAll(/my_?sql/gi, 'Mysql')
        .replaceAll(/sqlite/gi, 'Sqlite')
        .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
        .replaceAll(/(Mysql|Sqlite)([A-Z])/g, '$1 $2')
        .toLowerCase(),
    )
    .join('/')
  return dialects.test(words) && !postgres.test(words)
}
