import type { Draft } from './draft.ts'
import type { Finding } from './finding.ts'

/** A drill needs a backup. */
export function checkBackups({ backup, drill }: Draft): Finding[] {
  if (drill === undefined || drill.text === 'none' || backup?.text !== 'none') return []
  const message = `drill "${drill.text}" needs a backup, and "defaults.backup" takes none`
  return [{ code: 'plan-invalid', path: drill.path, message, also: [backup.path] }]
}
