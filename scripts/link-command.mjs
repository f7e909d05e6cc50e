// Run by `prepare`, that is in a checkout only: puts the project's own command where npx looks first. Without it npx
// would install the checkout into a cache of its own before it runs it.
import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'node_modules', '.bin')

if (process.platform !== 'win32') {
  await mkdir(folder, { recursive: true })
  for (const name of ['migrate', 'pg-relocate']) {
    const link = join(folder, name)
    await rm(link, { force: true })
    await symlink(join('..', '..', 'bin', 'migrate.js'), link)
  }
}
