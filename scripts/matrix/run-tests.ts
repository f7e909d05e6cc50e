import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServerBinaries } from '../cluster/binaries.ts'

/** What came of the tests on one version. */
export interface Tally {
  readonly version: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
  /** Names of the tests that failed, and of files that did not even load. */
  readonly failures: readonly string[]
  /** What was missing → how many tests were skipped for it. */
  readonly missing: ReadonlyMap<string, number>
  readonly isRight: boolean
}

/** Runs tests against a server of these programs; what jest prints goes to the terminal. */
export async function runTests(server: ServerBinaries, files: readonly string[]): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), 'matrix-'))
  const output = join(folder, 'results.json')
  try {
    const started = Date.now()
    const jest = spawn(process.execPath, [jestProgram, '--json', '--outputFile', output, ...files], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PG_BIN: server.bin, NODE_OPTIONS: '--experimental-vm-modules' },
    })
    const [code] = (await once(jest, 'exit')) as [number | null]
    const seconds = (Date.now() - started) / 1000
    const results = JSON.parse(await readFile(output, 'utf8')) as Results
    return { version: server.version, seconds, isRight: code === 0, ...count(results) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function count(results: Results): Pick<Tally, 'passed' | 'failed' | 'skipped' | 'failures' | 'missing'> {
  const broken = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  const tests = results.testResults.flatMap(({ assertionResults }) => assertionResults)
  const failed = tests.filter(({ status }) => status === 'failed')
  const missing = new Map<string, number>()
  for (const { fullName } of tests.filter(({ status }) => status === 'pending')) {
    const what = /\[needs (.*)\]/.exec(fullName)?.[1] ?? 'no reason given'
    missing.set(what, (missing.get(what) ?? 0) + 1)
  }
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + broken.length,
    skipped: results.numPendingTests,
    failures: [...broken.map(({ name }) => name), ...failed.map(({ fullName }) => fullName)],
    missing,
  }
}

/** The part of jest's report that is read here. */
interface Results {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const jestProgram = fileURLToPath(new URL('./bin/jest.js', import.meta.resolve('jest/package.json')))
