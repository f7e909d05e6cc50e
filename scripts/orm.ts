// Installs the clients of tests/orm, unless they are there and as the lock file says: without scripts, and with nothing but the registry's packages.
import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cwd = fileURLToPath(new URL('../tests/orm/', import.meta.url))

const installed = `${cwd}node_modules/.package-lock.json`
// A client that was added since is missing from what is installed.
const isInstalled =
  existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${cwd}package-lock.json`).mtimeMs
if (!isInstalled) {
  console.error('installing the clients of tests/orm')
  await run('npm', ['ci', '--ignore-scripts'], { cwd })
}
// Prisma fetches an engine for its migrations before it generates anything. None is used; one that is named is not fetched.
const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' }
await run(process.execPath, ['node_modules/prisma/build/index.js', 'generate', '--schema', 'schema.prisma'], {
  cwd,
  env,
})
