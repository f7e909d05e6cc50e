import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from '@jest/globals'
import { corpus, expectMoved } from '../support/corpus.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const empty = await mkdtemp(join(tmpdir(), 'corpus-'))
afterAll(() => rm(empty, { recursive: true }))

describe('databases of difficult things are moved, back, and forward again', () => {
  const folder = join(root, 'tests/corpus')
  test.each(['names'])('%s', (name) => expectMoved(folder, name), 400_000)

  test('each folder has a test, here or in tests/soak', async () => {
    const entries = await readdir(folder, { withFileTypes: true })
    expect(entries.flatMap((each) => (each.isDirectory() ? [each.name] : [])).sort()).toEqual([
      'cycles',
      'dynamic',
      'grants',
      'names',
      'partitions',
      'shapes',
      'triggers',
      'types',
      'views',
      'wide',
    ])
  })
})

describe('a folder that is not of the shape', () => {
  test('that is not there', async () => {
    const { code, stderr } = await corpus(join(empty, 'nowhere'))
    expect(stderr).toContain('nowhere')
    expect(code).toBe(2)
  })

  test('without a mapping, or with a broken line', async () => {
    await writeFile(join(empty, '10-empty.sql'), 'select 1;\n')
    expect(await corpus(empty)).toMatchObject({ code: 2, stderr: expect.stringContaining('no mapping.json') })
    await writeFile(join(empty, 'mapping.json'), '{"a": "b"}')
    await writeFile(join(empty, 'rows.json'), '{}')
    await writeFile(join(empty, 'workload.jsonl'), '{"steps": []}\n{"steps": [{"sql": 1}]}\n')
    expect(await corpus(empty)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('workload.jsonl:2'),
    })
  })

  test('a table that does not exist is a difference', async () => {
    await writeFile(join(empty, 'workload.jsonl'), '')
    const { code, stdout } = await corpus(empty)
    expect(stdout).toContain('loading: where public.a is: expected in the database, got nowhere')
    expect(stdout).toContain('migrate plan')
    expect(code).toBe(1)
  })
})
