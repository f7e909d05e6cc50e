import type { QualifiedName } from '../pg/quoting.ts'
import type { ServerFacts } from '../pg/server.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import type { DumpTools } from './tool.ts'

/** What to back up, from where, and to which folder. */
export interface BackupRequest {
  readonly planName: string
  readonly phase: number
  readonly phaseName: string
  /** Where the rows are now; partitions beside their parents. */
  readonly tables: readonly QualifiedName[]
  readonly target: DatabaseTarget
  readonly server: ServerFacts
  /** The folder of all backups. */
  readonly directory: string
  readonly jobs: number
  readonly toolVersion: string
  /** Found on the machine when not given. */
  readonly tools?: DumpTools
}
