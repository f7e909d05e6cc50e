import { MigrateError } from '../errors/migrate-error.ts'
import type { QualifiedName } from '../pg/quoting.ts'
import { ownSchemas } from '../plan/names.ts'
import type { Snapshot } from './snapshot.ts'

/** The arguments that dump the definitions of a whole database but for the tool's own schemas. */
export function schemaDump(snapshot: Snapshot, file: string): string[] {
  return [
    ...common(snapshot),
    '--format=custom',
    '--schema-only',
    ...ownSchemas.map((schema) => `--exclude-schema=${exactly(schema)}`),
    `--file=${file}`,
  ]
}

/**
 * The arguments that dump exactly these relations with their rows.
 * @throws MigrateError `move-unsupported` when they are too many for a command line
 */
export function dataDump(
  snapshot: Snapshot,
  relations: readonly QualifiedName[],
  jobs: number,
  folder: string,
): string[] {
  const patterns = relations.map(({ schema, name }) => `--table=${exactly(schema)}.${exactly(name)}`)
  const bytes = patterns.reduce((sum, pattern) => sum + Buffer.byteLength(pattern) + POINTER_BYTES, 0)
  if (bytes > COMMAND_LINE_BYTES) {
    throw new MigrateError('move-unsupported', `${relations.length} tables are too many for one backup`, {
      detail: [`their names take ${bytes} bytes of a command line; ${COMMAND_LINE_BYTES} are safe`],
      next: ['split the phase in the plan into several phases'],
    })
  }
  return [
    ...common(snapshot),
    '--format=directory',
    `--jobs=${jobs}`,
    '--strict-names',
    ...patterns,
    `--file=${folder}`,
  ]
}

/** True for the line of `pg_dump --verbose` that begins a table's rows. */
export function beginsRows(line: string): boolean {
  return line.includes('dumping contents of table ')
}

function common(snapshot: Snapshot): string[] {
  return [
    '--no-password',
    '--verbose',
    '--lock-wait-timeout=10s',
    `--snapshot=${snapshot.name}`,
    // The patterns are UTF-8 whatever the database is in; bytes of no known encoding must stay as they are.
    ...(snapshot.encoding === 'SQL_ASCII' ? [] : ['--encoding=UTF8']),
  ]
}

/** A pattern that matches one name: in double quotes pg_dump neither folds case nor knows wildcards. */
function exactly(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Linux gives arguments and environment 2 MB together, macOS 1 MB. */
const COMMAND_LINE_BYTES = 900_000
const POINTER_BYTES = 9
