import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
let folder: string

/** A folder in which the packed package is installed, with the dependencies of this one. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'))
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, 'pg-relocate'), { recursive: true })
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
  })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  await run('tar', ['xf', join(folder, filename), '-C', join(modules, 'pg-relocate'), '--strip-components=1'])
  for (const name of await readdir(join(root, 'node_modules')))
    if (!name.startsWith('.')) await symlink(join(root, 'node_modules', name), join(modules, name))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const snapshot = JSON.stringify({
  format: 1,
  plan: 'shop',
  hash: 'h',
  epoch: 1,
  services: { s: { schema: 's', database: 'shop', searchPath: ['s'] } },
  names: [
    {
      class: 'relation',
      schema: 'public',
      name: 'users',
      target: 's',
      service: 's',
      of: 'users',
      state: 'new',
    },
  ],
})

const use = `createResolver({ snapshot: ${snapshot} }).then((resolver) => console.log(resolver.rewrite('table users')))`

test.each([
  ['cjs', `const { createResolver } = require('pg-relocate/resolver')`],
  ['mjs', `import { createResolver } from 'pg-relocate/resolver'`],
])('the resolver can be used from a .%s, and says nothing else', async (extension, first) => {
  const file = join(folder, `use.${extension}`)
  await writeFile(file, `${first}\n${use}\n`)
  expect(await run(process.execPath, [file])).toEqual({ stdout: 'table s.users\n', stderr: '' })
})

const consumer = `
import pg from 'pg'
import { createResolver, type Problem, type Resolver, type Snapshot } from 'pg-relocate/resolver'

export async function pool(url: string): Promise<{ resolver: Resolver; pool: pg.Pool }> {
  const told: Problem[] = []
  const resolver = await createResolver({ journal: { connection: url, plan: 'shop' }, onProblem: (each) => told.push(each) })
  const wrapped: pg.Pool = resolver.wrap(new pg.Pool({ connectionString: url }))
  const client: pg.PoolClient = await wrapped.connect()
  const rows: { id: number }[] = (await client.query<{ id: number }>('select id from users')).rows
  const known: Snapshot = resolver.snapshot
  const name: string = resolver.table(known.names[0]!.name + rows.length)
  // @ts-expect-error a state is one of four words
  if (resolver.locate(name).state === 'elsewhere') throw new Error(name)
  return { resolver, pool: wrapped }
}
`

test.each([
  ['node16', 'node16', ['mts', 'cts']],
  ['esnext', 'bundler', ['ts']],
])(
  'its types are found with module %s and moduleResolution %s in %j',
  async (module, resolution, extensions) => {
    const files = extensions.map((extension) => join(folder, `consumer-${module}.${extension}`))
    for (const file of files) await writeFile(file, consumer)
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--esModuleInterop', '--target', 'es2022']
    const where = ['--lib', 'es2023,esnext.disposable', '--module', module, '--moduleResolution', resolution]
    const outcome = await run(
      process.execPath,
      [compiler, ...options, '--types', 'node', ...where, ...files],
      {
        cwd: folder,
      },
    ).catch((error: { stdout: string }) => error)
    expect(outcome.stdout).toBe('')
  },
)
