import type { ErrorCode } from '../errors/codes.ts'
import type { PlanPath } from './plan.ts'

/** A problem that still knows its path in the document; `also` are the paths it collides with. */
export interface Finding {
  readonly code: ErrorCode
  readonly path: PlanPath
  readonly message: string
  readonly also?: readonly PlanPath[]
}
