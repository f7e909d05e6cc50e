import { mkdir } from 'node:fs/promises'
import { decryptInto } from '../../backup/encrypted.ts'
import { readBackup } from '../../backup/manifest.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import type { CommandContext } from '../context.ts'

interface Options {
  readonly into: string
}

export async function work(context: CommandContext, folder: string, { into }: Options): Promise<void> {
  const plan = await context.plan()
  const backedUp = await readBackup(folder)
  await mkdir(into, { mode: 0o700 }).catch((error: unknown) => {
    throw new MigrateError('usage-invalid', `cannot make the folder ${into}`, {
      detail: [String(error)],
      next: ['name a folder that does not exist yet'],
      cause: error,
    })
  })
  await decryptInto(backedUp, plan.backups.keyCommand, into)
  const { commands } = backedUp.manifest.restore
  const text = [`decrypted into ${into}; there, with TARGET set:`, ...commands].join('\n')
  context.result(text, { into, commands })
}
