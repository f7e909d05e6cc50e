/** error: the work does not go on; warning: someone should know before; info: for the record. */
export type Severity = 'error' | 'warning' | 'info'

/** Something a check has found, with what it is about and what can be done. */
export interface Finding {
  /** The rule or probe: stable, used in `allow` and in the documentation. */
  readonly rule: string
  /** The preflight check it comes from; probes have none. */
  readonly code?: string
  readonly severity: Severity
  /** The object as the plan’s `allow` names it: `public.users`, a schema, a role, a server setting. */
  readonly on: string
  readonly text: string
  readonly evidence?: readonly string[]
  readonly remedy?: string
  /** May the operator take responsibility for it in `allow`? */
  readonly waivable: boolean
  /** The reason given in `allow`, once waived. */
  readonly waived?: string
}

export function isBlocking(finding: Finding): boolean {
  return finding.severity === 'error' && finding.waived === undefined
}

/** One line for lists: `name-collision public.users: …`. */
export function findingLine({ rule, on, text }: Finding): string {
  return `${rule} on ${on}: ${text}`
}
