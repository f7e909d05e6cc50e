import { findDumpTools, type DumpTools } from '../backup/tool.ts'
import { isMigrateError, MigrateError } from '../errors/migrate-error.ts'

/**
 * Finds a pg_restore that reads what a pg_dump of that version has written: its major is the same or newer, and no
 * older than the server's.
 * @throws MigrateError `tool-missing` with what was found and what to install
 */
export async function findRestoreTools(pgDumpVersion: string, serverMajor: number): Promise<DumpTools> {
  const wrote = Number.parseInt(pgDumpVersion, 10)
  try {
    return await findDumpTools(Math.max(wrote, serverMajor))
  } catch (error) {
    if (!isMigrateError(error) || wrote <= serverMajor) throw error
    throw new MigrateError('tool-missing', `no pg_restore here reads a backup of pg_dump ${pgDumpVersion}`, {
      detail: error.detail,
      next: [
        `apt-get install postgresql-client-${wrote}`,
        'or set PG_BIN to the folder that holds such a pg_dump and pg_restore',
      ],
    })
  }
}
