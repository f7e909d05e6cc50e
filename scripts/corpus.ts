// Moves databases there, back and forward again, and compares with what was recorded of them: `npm run corpus -- DIR…`
import ora from 'ora'
import { findServer } from './cluster/binaries.ts'
import { startCluster } from './cluster/cluster.ts'
import { FolderError, readCorpus, type Corpus } from './corpus/folder.ts'
import { moveCorpus } from './corpus/move.ts'
import { render } from './corpus/report.ts'

const usage = `usage: npm run corpus -- [--keep] DIR…
  DIR     a folder with NN-*.sql[.xz], mapping.json, rows.json and workload.jsonl[.xz]
  --keep  leave the servers running, and say where they are`

try {
  const { keep, dirs } = readArguments(process.argv.slice(2))
  // All folders are read before the first server starts, so that a wrong name does not cost minutes.
  const corpora: Corpus[] = []
  for (const dir of dirs) corpora.push(await readCorpus(dir))
  const areRight: boolean[] = []
  for (const corpus of corpora) areRight.push(await move(corpus, keep))
  if (!areRight.every(Boolean)) process.exitCode = 1
} catch (error) {
  process.exitCode = error instanceof FolderError ? 2 : 1
  console.error((error as Error).message)
}

/** Each database has a server of its own: its roles and settings are the server's, and would be in the way of others. */
async function move(corpus: Corpus, keep: boolean): Promise<boolean> {
  const spinner = process.stderr.isTTY ? ora({ stream: process.stderr }).start() : undefined
  const say = (line: string): void => console.error(line)
  try {
    const binaries = await findServer({ install: true, log: say })
    // In the midst of a run autovacuum would change plans, and with them the order of rows that nothing orders.
    const settings = { autovacuum: 'off' }
    await using cluster = await startCluster({ binaries, settings, keep, log: say })
    const report = await moveCorpus(cluster, corpus, (stage) => {
      if (spinner) spinner.text = stage
    })
    spinner?.stop()
    for (const line of render(report)) console.log(line)
    return report.differences.length === 0
  } finally {
    spinner?.stop()
  }
}

function readArguments(args: readonly string[]): { keep: boolean; dirs: string[] } {
  const dirs = args.filter((arg) => !arg.startsWith('--'))
  const unknown = args.find((arg) => arg.startsWith('--') && arg !== '--keep')
  if (unknown !== undefined) throw new FolderError(`unknown option ${unknown}\n${usage}`)
  if (dirs.length === 0) throw new FolderError(usage)
  return { keep: args.includes('--keep'), dirs }
}
