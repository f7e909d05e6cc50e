import type { ErrorCode } from '../errors/codes.ts'
import { MigrateError, type ErrorFields } from '../errors/migrate-error.ts'
import type { Finding } from '../survey/finding.ts'

/** A check has found a phase wrong: its findings poison it. */
export class CheckError extends MigrateError {
  readonly findings: readonly Finding[]

  constructor(code: ErrorCode, message: string, findings: readonly Finding[], fields: ErrorFields) {
    super(code, message, fields)
    this.findings = findings
  }
}
