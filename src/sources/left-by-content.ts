import type { LeftReason } from './left.ts'

/** What programs that apply migrations write into them: goose, sql-migrate, dbmate, Liquibase, Sqitch, Alembic, Django, Rails, Laravel and others. */
const migrationMarks = [
  /^--[ \t]*\+(?:goose|migrate)[ \t]+(?:Up|Down)\b/im,
  /^--[ \t]*migrate:(?:up|down)\b/m,
  /^--[ \t]*liquibase formatted sql/im,
  /^--[ \t]*(?:Deploy|Revert|Verify)[ \t]+\S+:\S+/m,
  /^down_revision\b[^=\n]*=/m,
  /^class Migration\(migrations\.Migration\)/m,
  /^\s*class [\w:]+ < ActiveRecord::Migration\b/m,
  /\bextends (?:Migration|AbstractMigration|BaseJavaMigration)\b/,
  /\bimplements MigrationInterface\b/,
  /^\s*use Ecto\.Migration\b/m,
  /<databaseChangeLog\b/,
]

/** A line by which a program takes a library in. */
const imports =
  /^[ \t]*(?:import|from|require|require_once|require_relative|use|using|gem|extern crate|\w+ = require|(?:const|let|var)\b.*\brequire\b|(?:_|\w+)?[ \t]*"[\w./@-]+"$).*$/gm

const otherDrivers =
  /go-sql-driver\/mysql|go-sqlite3|modernc\.org\/sqlite|gocql|go-mssqldb|clickhouse|pymysql|mysql\.connector|MySQLdb|aiomysql|asyncmy|\b(?:aio)?sqlite3?\b|better-sqlite3|cassandra|pymssql|pyodbc|cx_Oracle|\boracledb\b|godror|['"/]mysql2?\b|mysql2?\/promise|['"]tedious['"]|['"]mssql['"]|com\.mysql|org\.sqlite|org\.mariadb|oracle\.jdbc|microsoft\.sqlserver|com\.datastax|rusqlite|mysql_async|MySqlConnector|MySql\.Data|Microsoft\.Data\.Sqlite|(?:Microsoft|System)\.Data\.SqlClient|bun:sqlite|node:sqlite/i

const postgresDrivers =
  /psycopg|asyncpg|pg8000|aiopg|jackc\/pg|lib\/pq|go-pg|pgdriver|npgsql|org\.postgresql|tokio_postgres|\bpostgres\b|['"]pg(?:-[\w-]+)?['"]|\bpgx\b|sqlalchemy|\bknex\b|kysely|drizzle|typeorm|sequelize|prisma|gorm\.io\/gorm"|DBD::Pg/i

/** Why a file that is text is left alone; undefined for one that is to be rewritten. */
export function leftByContent(text: string, isScript: boolean): LeftReason | undefined {
  if (migrationMarks.some((mark) => mark.test(text))) return 'migration'
  if (isScript) return undefined
  const taken = (text.match(imports) ?? []).join('\n')
  return otherDrivers.test(taken) && !postgresDrivers.test(taken) ? 'dialect' : undefined
}
