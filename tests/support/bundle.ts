import { existsSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { sharedCluster } from './cluster.ts'

/**
 * A program of the tests with everything it imports in one file, made once for a run of jest and gone with the shared
 * cluster. It is translated by the same esbuild as under tsx, but node reads one file instead of hundreds: the program
 * starts in a seventh of the time, which counts where a test starts many.
 */
export async function bundled(program: string): Promise<string> {
  const file = join(sharedCluster().dir, basename(program).replace(/ts$/, 'mjs'))
  if (existsSync(file)) return file
  // Two workers may be at it at once: each finds a whole file or none.
  const mine = `${file}.${process.pid}`
  await build({
    entryPoints: [program],
    outfile: mine,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: `node${process.versions.node}`,
    // What packages load with require() is nothing that an ES module has by itself.
    banner: {
      js: `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`,
    },
    external: ['pg-native'],
    plugins: [ownPlaces],
    logLevel: 'error',
  })
  await rename(mine, file)
  return file
}

/** Code that looks for files beside itself finds them: it is told where it came from, or stays there. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup(builder) {
    builder.onLoad({ filter: /\/(src|scripts|tests)\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      return {
        loader: 'ts',
        contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      }
    })
    builder.onResolve({ filter: /^libpg-query/ }, ({ path }) => ({
      path: import.meta.resolve(path),
      external: true,
    }))
  },
}
