import { readFile } from 'node:fs/promises'
import { MigrateError } from '../errors/migrate-error.ts'
import { parseSnapshot, type Snapshot } from './snapshot.ts'

/** Where a mapping comes from, again and again. */
export interface Source {
  /** Reads what is true now; nothing, when the plan has not begun there. */
  read(): Promise<Snapshot | undefined>
  close(): Promise<void>
}

/** A mapping document in a file, which may be replaced at any time. */
export function fileSource(file: string): Source {
  return {
    read: () => readSnapshotFile(file),
    close: () => Promise.resolve(),
  }
}

/** @throws MigrateError `mapping-invalid` */
export async function readSnapshotFile(file: string): Promise<Snapshot> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new MigrateError('mapping-invalid', `the mapping in ${file} cannot be read: ${messageOf(error)}`, {
      next: [`migrate resolver snapshot --output ${file}`],
      cause: error,
    })
  }
  return parseSnapshot(value, file)
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
