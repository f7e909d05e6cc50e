import { errorCodes, type ErrorCode } from './codes.ts'
import { withoutSecrets } from './secrets.ts'

/** What the databases were left in: told with every error, since it decides what the operator does next. */
export type StateKind = 'untouched' | 'rolled-back' | 'resumable' | 'unknown'

/** A position in a plan file; line and column count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface ErrorFields {
  /** Facts beside the message, one line each: blockers, counts, SQLSTATE, a statement. */
  readonly detail?: readonly string[]
  readonly state?: { readonly kind: StateKind; readonly sentence?: string }
  /** Exact commands, the likeliest first. */
  readonly next?: readonly string[]
  readonly place?: Place
  readonly cause?: unknown
}

const brand = Symbol.for('pg-relocate.error')

const stateSentences: Record<StateKind, string> = {
  untouched: 'nothing was changed',
  'rolled-back': 'the failed transaction was rolled back; what was done before it stands',
  resumable: 'what is done stands; running the same command again continues',
  unknown: 'not known; `migrate status` tells',
}

/**
 * The one error class of the tool. `message` is one factual line that names the object; the other fields
 * answer what else is known, what state was left, and which command comes next.
 */
export class MigrateError extends Error {
  readonly code: ErrorCode
  readonly detail: readonly string[]
  readonly state: { readonly kind: StateKind; readonly sentence: string }
  readonly next: readonly string[]
  readonly place: Place | undefined
  readonly [brand] = true

  constructor(code: ErrorCode, message: string, fields: ErrorFields = {}) {
    super(withoutSecrets(message), fields.cause === undefined ? undefined : { cause: fields.cause })
    this.name = 'MigrateError'
    this.code = code
    this.detail = (fields.detail ?? []).map(withoutSecrets)
    const kind = fields.state?.kind ?? 'untouched'
    this.state = { kind, sentence: fields.state?.sentence ?? stateSentences[kind] }
    this.next = fields.next ?? []
    this.place = fields.place
  }

  get exitCode(): number {
    return errorCodes[this.code]
  }

  get docs(): string {
    return `docs/errors.md#${this.code}`
  }

  /** The same fields as the terminal shows, for `--json`. */
  toJSON(): Record<string, unknown> {
    const { code, message, detail, state, next, place, exitCode, docs } = this
    return { code, message, detail, state, next, place, exitCode, docs }
  }
}

/** True for errors of this tool, also when two copies of the package are loaded. */
export function isMigrateError(error: unknown): error is MigrateError {
  return typeof error === 'object' && error !== null && brand in error
}
