import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A Python that has these packages, or undefined; Debian’s own first, since a version manager’s has none of Debian’s packages. */
export async function pythonWith(packages: readonly string[]): Promise<string | undefined> {
  for (const python of ['/usr/bin/python3', 'python3']) {
    const works = await run(python, ['-c', `import ${packages.join(', ')}`]).then(
      () => true,
      () => false,
    )
    if (works) return python
  }
  return undefined
}
