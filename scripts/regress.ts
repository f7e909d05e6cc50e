// Proves the rewriter on PostgreSQL's own regression suite: `npm run test:regress`, or with the names of some of the runs.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compareRuns } from './regress/compare.ts'
import { readReasons, silentMisses } from './regress/explain.ts'
import { readMade, schemasOf, type Spread } from './regress/moved.ts'
import { byRegularExpression, mutants, mutated } from './regress/mutants.ts'
import { replay, type Replay } from './regress/replay.ts'
import { writeReport, type Row } from './regress/report.ts'
import { rewriterFor, rewriteSuite, unchanged, type Rewrite } from './regress/rewritten.ts'
import { runSuite } from './regress/run.ts'
import { fetchSuite } from './regress/source.ts'

const chosen = process.argv.slice(2)
const isChosen = (name: string): boolean => chosen.length === 0 || chosen.includes(name)
const suite = await fetchSuite(print)
const work = join(suite.libraries, 'work')
await mkdir(work, { recursive: true })
const reasons = await readReasons()
const problems: string[] = []
const rows: Row[] = []
const seen = new Set<string>()

print('the suite as it is')
let replayed: Replay | undefined
const original = await runSuite(suite, suite.scripts, async (cluster) => {
  if (isChosen('replay')) replayed = await replay(cluster, suite, join(work, 'replay'), print)
})
const made = readMade(original.log)
print(`${original.results.size} files, ${Object.keys(made.relations).length} names of relations`)

const qualified = join(work, 'qualified')
await check('identity', 'public', unchanged)
await check('one schema', 'one', await rewriterFor(made, 'one'))
await check('two schemas', 'two', await rewriterFor(made, 'two'))
await rewriteSuite(suite.scripts, qualified, schemasOf('public'), await rewriterFor(made, 'public'))
await check('every name with public', 'public', unchanged, qualified)
await check('every name with public, moved', 'one', await rewriterFor(made, 'one'), qualified)
await control('a regular expression', byRegularExpression(made, schemasOf('one')[0]!))
for (const [index, mutant] of mutants.entries())
  // A folder for each: a module is loaded once from one place.
  if (isChosen(mutant.name))
    await control(mutant.name, await mutated(mutant, join(work, `mutant-${index}`), made, 'one'))

if (replayed !== undefined) {
  const { onlyBefore, onlyAfter, unexplained } = replayed
  if (onlyBefore + onlyAfter > 0) problems.push(`${onlyBefore + onlyAfter} statements work on one side only`)
  if (unexplained > 0)
    problems.push(`${unexplained} replayed statements give something else without a reason`)
}
if (chosen.length === 0) {
  for (const id of reasons.keys()) if (!seen.has(id)) print(`no run shows hunk ${id} any more`)
  await writeReport(suite.server.version, Object.keys(made.relations).length, rows, reasons, replayed)
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0

/** A run that has to print the same, but for what is known. */
async function check(name: string, spread: Spread, rewrite: Rewrite, from = suite.scripts): Promise<void> {
  if (!isChosen(name)) return
  const { row, hunks, silent } = await run(name, spread, rewrite, from)
  const unknown = hunks.filter(({ id }) => !reasons.has(id))
  for (const { id } of hunks) seen.add(id)
  rows.push({ ...row, kind: 'check', unknown: unknown.length, silent: silent.length })
  for (const miss of silent) problems.push(`${name}: ${miss.name} in ${miss.file} was missed in silence`)
  if (unknown.length === 0) return
  const file = join(work, `${name.replaceAll(/\W+/g, '-')}.hunks`)
  await writeFile(
    file,
    unknown.map((each) => `== ${each.file} ${each.id}\n${each.lines.join('\n')}\n`).join(''),
  )
  problems.push(`${name}: ${unknown.length} differences without a reason, in ${file}`)
}

/** A rewriter that is wrong, which the suite has to notice. */
async function control(name: string, rewrite: Rewrite): Promise<void> {
  if (!isChosen(name)) return
  const { row } = await run(name, 'one', rewrite, suite.scripts)
  rows.push({ ...row, kind: 'control', unknown: 0, silent: 0 })
  const full = rows.find((each) => each.name === 'one schema')
  if (full !== undefined && row.identical >= full.identical)
    problems.push(`the suite does not notice that ${name}`)
}

async function run(name: string, spread: Spread, rewrite: Rewrite, from: string) {
  const folder = join(work, 'rewritten')
  const rewritten = await rewriteSuite(from, folder, schemasOf(spread), rewrite)
  const { results } = await runSuite(suite, folder)
  const { hunks, ...counted } = compareRuns(original.results, results, schemasOf(spread))
  const { statements, edits, milliseconds } = rewritten
  print(`${name}: ${counted.identical} of ${counted.files} files the same, ${counted.differing} lines differ`)
  const row = { name, ...counted, statements, edits, milliseconds }
  return { row, hunks, silent: silentMisses(hunks, rewritten) }
}

function print(line: string): void {
  console.log(line)
}
