import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDocument } from 'yaml'

/**
 * Writes the demo's copy of `plans/heal7.yaml`: the same plan, except that it does not wait a week before
 * contract, and that without a pg_dump there is no backup. Returns the file, and what was changed.
 */
export async function writeDemoPlan(
  folder: string,
  hasDump: boolean,
): Promise<{ file: string; changes: string[] }> {
  const plan = parseDocument(await readFile(PLAN, 'utf8'))
  plan.setIn(['contract', 'quiet'], '0s')
  plan.setIn(['defaults', 'backupDir'], join(folder, 'backups'))
  const changes = ['contract.quiet: 0s (an operator would watch the old names for a week)']
  if (!hasDump) {
    plan.setIn(['defaults', 'backup'], 'none')
    changes.push('defaults.backup: none (there is no pg_dump for this server on this machine)')
  }
  const file = join(folder, 'heal7.yaml')
  await writeFile(file, String(plan))
  return { file, changes }
}

const PLAN = new URL('../../plans/heal7.yaml', import.meta.url)
