import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { manifestSum } from '../../../src/backup/manifest.ts'

/** Writes a manifest with the sum that belongs to it, as somebody would do it who covers damage. */
export async function putManifest(path: string, text: string): Promise<void> {
  await writeFile(join(path, 'manifest.json'), text)
  await writeFile(join(path, 'manifest.sha256'), manifestSum(text))
}
