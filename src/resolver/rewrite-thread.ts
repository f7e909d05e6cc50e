import { parentPort } from 'node:worker_threads'
import type { Move } from '../rewrite/moves.ts'
import { isTooDeep } from './depth.ts'
import { patternOf } from './holds-name.ts'
import { loadParts } from './load-parts.ts'

/** A text to be rewritten, and what its names mean. */
export interface Task {
  readonly id: number
  readonly sql: string
  /** Stands for the moves, which come with the first text. */
  readonly version: string
  readonly moves?: readonly Move[]
  readonly path: readonly string[]
  readonly temporary: readonly string[]
}

// The program of the thread in which long texts are rewritten: it parses, walks and compares while the service goes on.
const { parser, Moves, rewriteText } = await loadParts()
const known = new Map<
  string,
  { readonly moves: InstanceType<typeof Moves>; readonly holdsName: RegExp | undefined }
>()

parentPort!.on('message', (task: Task) => {
  void answer(task)
})

async function answer({ id, sql, version, moves, path, temporary }: Task): Promise<void> {
  if (moves !== undefined) {
    // Another mapping takes the place of the last one; texts of that may still be under way.
    if (known.size > 4) known.clear()
    known.set(version, { moves: new Moves(moves), holdsName: patternOf(moves.map(({ name }) => name)) })
  }
  await parser.ready()
  const around = { path, temporary: new Set(temporary), keepsUnqualified: false }
  const own = known.get(version)
  if (own === undefined) return parentPort!.postMessage({ id, isForgotten: true })
  if (own.holdsName?.test(sql) !== true) return parentPort!.postMessage({ id, isNameless: true })
  const { text, isChanged, mentions, problem } = isTooDeep(sql)
    ? { text: sql, isChanged: false, mentions: [], problem: 'it is nested too deeply' }
    : rewriteText(parser, sql, own.moves, around)
  parentPort!.postMessage({
    id,
    ...(isChanged ? { text } : {}),
    mentions: mentions.filter(({ kind }) => kind === 'undecided'),
    ...(problem === undefined ? {} : { problem }),
  })
}
