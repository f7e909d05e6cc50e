import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Compiles the command when its sources are newer: what is measured is what an operator runs. */
export async function buildCommand(tell: (line: string) => void): Promise<void> {
  const built = await stat(join(PROJECT, 'dist', 'cli', 'main.js')).catch(() => undefined)
  if (built !== undefined && built.mtimeMs >= (await newest(join(PROJECT, 'src')))) return
  tell('compiling src, which is newer than dist')
  await promisify(execFile)('npm', ['run', 'build'], { cwd: PROJECT })
}

async function newest(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const times = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).mtimeMs),
  )
  return Math.max(...times)
}

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
