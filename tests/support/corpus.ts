import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from '@jest/globals'

/** Runs the command as `npm run corpus` does. */
export function corpus(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((settle) => {
    const tsx = fileURLToPath(import.meta.resolve('tsx/cli'))
    const script = fileURLToPath(new URL('../../scripts/corpus.ts', import.meta.url))
    execFile(
      process.execPath,
      [tsx, script, ...args],
      { env: { ...process.env, NO_COLOR: '1' } },
      (error, stdout, stderr) => settle({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

/** The corpus of this name is moved there, back and forward again without a difference. */
export async function expectMoved(folder: string, name: string): Promise<void> {
  const { code, stdout, stderr } = await corpus(join(folder, name))
  expect(stderr).toBe('')
  expect(stdout).toMatch(
    new RegExp(`^${name}: \\d+ tables, .* steps replayed, .* checksums compared, .*: ok\n$`),
  )
  expect(code).toBe(0)
}
