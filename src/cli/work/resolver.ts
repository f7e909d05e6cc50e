import { rename, rm, writeFile } from 'node:fs/promises'
import { mappingDocument } from '../../engine/mapping-document.ts'
import { openWorkspace } from '../../engine/workspace.ts'
import { MigrateError } from '../../errors/migrate-error.ts'
import { typescriptOf } from '../../resolver/generate.ts'
import type { Snapshot } from '../../resolver/snapshot.ts'
import type { CommandContext } from '../context.ts'

interface Options {
  readonly output?: string
  /** Only of generate; a snapshot is JSON. */
  readonly language?: 'typescript' | 'json'
}

export async function work(context: CommandContext, { output, language }: Options): Promise<void> {
  const workspace = await openWorkspace(await context.plan(), 'resolver', context.events)
  try {
    const snapshot = await mappingDocument(workspace)
    const text = language === 'typescript' ? typescriptOf(snapshot) : documentOf(snapshot)
    if (output === undefined) return context.result(text.trimEnd(), snapshot)
    await replace(output, text)
    context.result(
      `${output}: ${snapshot.names.length} names of plan "${snapshot.plan}", epoch ${snapshot.epoch}`,
      {
        output,
        plan: snapshot.plan,
        epoch: snapshot.epoch,
        names: snapshot.names.length,
      },
    )
  } finally {
    await workspace.session.close()
  }
}

/** Services may read it at any moment: it is the old one or the new one, never half of it. */
async function replace(file: string, text: string): Promise<void> {
  try {
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
  } catch (cause) {
    await rm(`${file}.new`, { force: true }).catch(() => undefined)
    throw new MigrateError('usage-invalid', `cannot write ${file}: ${(cause as Error).message}`, {
      next: ['name another file with --output'],
      cause,
    })
  }
}

function documentOf(snapshot: Snapshot): string {
  return `${JSON.stringify(snapshot, null, 2)}\n`
}
