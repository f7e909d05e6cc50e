export { journalSchema, stageSchema } from '../plan/names.ts'

/** Begins the comment of everything the tool makes, so that it knows its own from anyone else's. */
export const markPrefix = 'made by pg-relocate, plan '

export function markOf(planName: string): string {
  return `${markPrefix}${planName}; do not change by hand`
}

export function isMarked(comment: string | null, planName: string): boolean {
  return comment === markOf(planName)
}

/** Begins the name under which a facade waits in the staging schema while no view is at the old name. */
export const asidePrefix = 'aside_'

/** By OID, since tables of two schemas may have one name and a suffix might be cut off at 63 bytes. */
export function asideName(relation: number): string {
  return `${asidePrefix}${relation}`
}
