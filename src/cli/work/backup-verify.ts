import { readBackup } from '../../backup/manifest.ts'
import { verifyBackup } from '../../backup/verify.ts'
import { exitCodes } from '../../errors/codes.ts'
import type { CommandContext } from '../context.ts'

export async function work(context: CommandContext, folder: string): Promise<void> {
  const { manifest } = await readBackup(folder)
  const problems = await verifyBackup(folder)
  const text =
    problems.length === 0
      ? `${manifest.files.length} files are as the manifest says`
      : problems.map(({ sentence }) => sentence).join('\n')
  context.result(text, { ok: problems.length === 0, problems })
  if (problems.length > 0) process.exitCode = exitCodes.difference
}
