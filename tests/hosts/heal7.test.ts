import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseDocument } from 'yaml'
import { pythonWith } from '../../scripts/cluster/python.ts'
import { buildHeal7 } from '../../scripts/heal7/build.ts'
import { parsePlan } from '../../src/plan/read.ts'
import { Desk, plain } from '../cli/desk.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { run } from '../support/run.ts'

const execute = promisify(execFile)
const service = join(import.meta.dirname, 'heal7-service')
const python = await pythonWith(['psycopg2', 'asyncpg'])
const testWithPython = python === undefined ? test.skip : test
const needs = python === undefined ? ' [needs Python with psycopg2 and asyncpg]' : ''

let desk: Desk
let monolith: FreshDatabase
let moved: FreshDatabase

beforeAll(async () => {
  if (python === undefined) return
  desk = await Desk.open()
  monolith = await freshDatabase('rewrite_monolith')
  await buildHeal7(monolith.url)
  moved = await freshDatabase('rewrite_moved', monolith.name)
  await cp(service, join(desk.dir, 'service'), { recursive: true })
}, 400_000)

afterAll(async () => {
  if (python === undefined) return
  await desk[Symbol.asyncDispose]()
  await moved[Symbol.asyncDispose]()
  await monolith[Symbol.asyncDispose]()
})

type Results = Readonly<Record<string, { readonly error?: string } | readonly unknown[]>>

async function results(folder: string, url: string): Promise<Results> {
  const env = { ...plain(process.env), HEAL7_URL: url, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' }
  const { stdout } = await execute(python!, [join(folder, 'run.py')], { env })
  return JSON.parse(stdout) as Results
}

async function planText(): Promise<string> {
  const plan = parseDocument(await readFile(join(import.meta.dirname, '../../plans/heal7.yaml'), 'utf8'))
  plan.setIn(['contract', 'quiet'], '0s')
  plan.setIn(['defaults', 'backup'], 'none')
  plan.setIn(['probes'], { settings: { traffic: { window: '100ms' } } })
  return String(plan)
}

testWithPython(
  `a service of ten modules answers the same by new names on the contracted database${needs}`,
  async () => {
    const before = await results(service, monolith.url)
    expect(Object.entries(before).filter(([, result]) => 'error' in result)).toEqual([])

    const text = await planText()
    const plan = parsePlan('plans/heal7.yaml', text, { HEAL7_DATABASE_URL: moved.url })
    await run(
      plan,
      plan.phases.map(({ number }) => number),
    )
    // The control: nothing of it works as it was.
    const failures = Object.values(await results(service, moved.url))
    expect(failures.map((result) => ('error' in result ? result.error : 'no error'))).toEqual(
      failures.map(() => '42P01'),
    )

    await desk.write('heal7.yaml', text)
    const env = { HEAL7_DATABASE_URL: moved.url, SHADOW: moved.url }
    const check = await desk.run(['rewrite', 'service', '--check'], env)
    expect([check.code, check.stdout]).toEqual([5, expect.stringContaining('service/heal7/users.py')])
    const written = await desk.json<{
      files: { file: string; findings: { kind: string; code?: string }[] }[]
      prepared: { outcome: string; file: string; message: string }[]
    }>(['rewrite', 'service', '--write', '--verify', 'SHADOW'], env)
    expect(written.result.prepared.filter(({ outcome }) => outcome === 'missing')).toEqual([])
    expect(written.code).toBe(0)
    expect(written.result.prepared.filter(({ outcome }) => outcome === 'ok').length).toBeGreaterThan(30)
    const undecided = written.result.files.flatMap(({ file, findings }) =>
      findings.filter(({ kind }) => kind === 'undecided').map((finding) => ({ file, ...finding })),
    )
    expect(undecided.filter(({ code }) => code !== 'sql-literal' && code !== 'name-only')).toEqual([])

    expect(await results(join(desk.dir, 'service'), moved.url)).toEqual(before)
    const again = await desk.run(['rewrite', 'service', '--check'], env)
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('0 names in 0 files')])
  },
  180_000,
)
