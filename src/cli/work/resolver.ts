import { rename, writeFile } from 'node:fs/promises'
import { mappingDocument } from '../../engine/mapping-document.ts'
import { openWorkspace } from '../../engine/workspace.ts'
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
    // Services may read it at any moment: it is the old one or the new one, never half of it.
    await writeFile(`${output}.new`, text)
    await rename(`${output}.new`, output)
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

function documentOf(snapshot: Snapshot): string {
  return `${JSON.stringify(snapshot, null, 2)}\n`
}
