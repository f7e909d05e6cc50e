import { execFile } from 'node:child_process'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parseSnapshot, type NameState } from '../../src/resolver/index.ts'
import type { FreshDatabase } from '../support/database.ts'
import { planFor } from '../support/plan.ts'
import { run } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { Desk } from './desk.ts'

const root = join(import.meta.dirname, '../..')
let database: FreshDatabase
let desk: Desk

beforeAll(async () => {
  database = await sampleDatabase('cli_resolver')
  desk = await Desk.open()
  await desk.sketch('shop.yaml', database.url, samplePlan)
})

afterAll(async () => {
  await desk[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

test('snapshot writes where each name is, before the plan has begun and after', async () => {
  const first = await desk.run(['resolver', 'snapshot'])
  expect([first.code, first.stderr]).toEqual([0, ''])
  const before = parseSnapshot(JSON.parse(first.stdout), 'the command')
  expect(before).toMatchObject({ plan: 'shop', epoch: 0 })
  await run(planFor(database.url, samplePlan), [1, 2])
  expect(await desk.run(['resolver', 'snapshot', '--output', 'mapping.json'])).toMatchObject({ code: 0 })
  const after = parseSnapshot(JSON.parse(await readFile(join(desk.dir, 'mapping.json'), 'utf8')), 'the file')
  expect(after.epoch).toBeGreaterThan(0)
  const names = ({ names: all }: typeof before) => all.map(({ schema, name }) => `${schema}.${name}`).sort()
  // Before and after it is the same names, whether they are found by the plan or by the journal.
  expect(names(after)).toEqual(names(before))
  const states = (of: string): NameState[] =>
    after.names.flatMap(({ name, state }) => (name === of ? [state] : []))
  expect([states('users'), states('orders')]).toEqual([['moved'], ['both']])
  expect(new Set(before.names.map(({ state }) => state))).toEqual(new Set(['old']))
})

test('a file that cannot be written is named, and nothing is left of it', async () => {
  for (const output of ['.', 'nowhere/mapping.json']) {
    const failed = await desk.run(['resolver', 'snapshot', '--output', output])
    expect(failed.code).toBe(2)
    expect(failed.stderr).toContain(`error[usage-invalid]: cannot write ${output}`)
  }
  expect((await readdir(desk.dir)).filter((name) => name.endsWith('.new'))).toEqual([])
})

test('generate writes constants that compile, and a name that is none does not', async () => {
  const { code } = await desk.run(['resolver', 'generate', '-o', 'names.ts'])
  expect(code).toBe(0)
  await writeFile(
    join(desk.dir, 'use.ts'),
    `import { tables, type TableName, type ServiceName } from './names.ts'
     const name: TableName = 'users'
     const service: ServiceName = tables[name].service
     const written: 'accounts.users' = tables[name].new
     // @ts-expect-error no such table
     const wrong: TableName = 'user'
     export default [service, written, wrong]`,
  )
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const options = ['--ignoreConfig', '--noEmit', '--strict', '--allowImportingTsExtensions']
  const outcome = await promisify(execFile)(
    process.execPath,
    [compiler, ...options, '--module', 'esnext', '--moduleResolution', 'bundler', join(desk.dir, 'use.ts')],
    { cwd: desk.dir },
  ).catch((error: { stdout: string }) => error)
  expect(outcome.stdout).toBe('')
})
