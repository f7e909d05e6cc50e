import type { QualifiedName } from '../pg/quoting.ts'
import type { ServerFacts } from '../pg/server.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import type { BackupScope } from './scope.ts'
import type { DumpTools } from './tool.ts'

/** What to back up, from where, and to which folder. */
export interface BackupRequest {
  readonly planName: string
  readonly scope: BackupScope
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
  /** A command line that prints the key with which the files are encrypted. */
  readonly keyCommand?: string | undefined
  /** Taken by itself and not by a step of a phase, so that no lease keeps others of its kind away. */
  readonly isScheduled?: boolean
}
