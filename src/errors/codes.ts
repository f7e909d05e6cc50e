/**
 * Every error code of the tool with its exit code. The codes are stable: scripts may match on them, and each
 * has its section in docs/errors.md (a test compares the two lists).
 */
export const exitCodes = {
  ok: 0,
  bug: 1,
  usage: 2,
  plan: 3,
  refused: 4,
  difference: 5,
  partial: 6,
  leaseHeld: 7,
  decision: 8,
  unreachable: 9,
  pending: 10,
} as const

export const errorCodes = {
  internal: exitCodes.bug,
  'usage-invalid': exitCodes.usage,
  'confirmation-missing': exitCodes.usage,
  'plan-not-found': exitCodes.plan,
  'plan-invalid': exitCodes.plan,
  'env-missing': exitCodes.plan,
  'mapping-conflict': exitCodes.plan,
  'table-not-found': exitCodes.plan,
  'move-unsupported': exitCodes.plan,
  'plan-changed': exitCodes.plan,
  'preflight-refused': exitCodes.refused,
  'privilege-missing': exitCodes.refused,
  'server-unsupported': exitCodes.refused,
  'server-standby': exitCodes.refused,
  'pooler-detected': exitCodes.refused,
  'identity-changed': exitCodes.refused,
  'tool-missing': exitCodes.refused,
  'journal-newer': exitCodes.refused,
  'journal-foreign': exitCodes.refused,
  'phase-out-of-order': exitCodes.refused,
  'phase-not-run': exitCodes.refused,
  'run-standing': exitCodes.refused,
  'reality-differs': exitCodes.refused,
  'probe-failed': exitCodes.difference,
  'lock-timeout': exitCodes.partial,
  'statement-failed': exitCodes.partial,
  'drift-found': exitCodes.partial,
  'command-failed': exitCodes.partial,
  'lease-lost': exitCodes.partial,
  'disk-full': exitCodes.partial,
  'subscriber-stuck': exitCodes.partial,
  'lease-held': exitCodes.leaseHeld,
  'gate-waiting': exitCodes.decision,
  'connection-failed': exitCodes.unreachable,
  'connection-lost': exitCodes.unreachable,
  interrupted: 130,
  terminated: 143,
} as const

export type ErrorCode = keyof typeof errorCodes
