// Writes grammars/: what tells the strings of a source file from its code, from the packages that the projects of
// tree-sitter publish. Run by hand when a version changes: the packages are 4 to 46 MB each because of their C sources,
// so the compiled grammars are kept here, packed, and no package is needed to install or to run.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompressSync, constants } from 'node:zlib'

const run = promisify(execFile)

/** Package and version, file in it, and the SHA-256 of that file. */
const grammars = [
  [
    'tree-sitter-python@0.25.0',
    'tree-sitter-python.wasm',
    '16108b50df4ee9a30168794252ab55e7c93bfc5765d7fa0aa3e335752c515f47',
  ],
  [
    'tree-sitter-javascript@0.25.0',
    'tree-sitter-javascript.wasm',
    '5fb488d0cabb4775a594bab85682de5ad6ce83c0d6ac997a9f82dd084d571240',
  ],
  [
    'tree-sitter-typescript@0.23.2',
    'tree-sitter-typescript.wasm',
    '778025db5a8be0e70f8ccc3671e486dfeddd048c25d9e8a70c26de2e1bf6f97d',
  ],
  [
    'tree-sitter-typescript@0.23.2',
    'tree-sitter-tsx.wasm',
    '79e5da75ea62855a0cd67177685f0164eac87d5f630b3cbe1e0a099751ad30f8',
  ],
  [
    'tree-sitter-java@0.23.5',
    'tree-sitter-java.wasm',
    '4fdeac4ca6ca089f06c6f7e562abcac1733cd465728cc7031ebb73c2019122c4',
  ],
  [
    '@tree-sitter-grammars/tree-sitter-kotlin@1.1.0',
    'tree-sitter-kotlin.wasm',
    '7009d69453bc8735e438b2818a633efb21c88f99782769abba60dffedfab73f7',
  ],
  [
    'tree-sitter-go@0.25.0',
    'tree-sitter-go.wasm',
    '9504573f352b20be7f2f1911754d710622aedc15afff16d5ed8fb5645681aee7',
  ],
  [
    'tree-sitter-ruby@0.23.1',
    'tree-sitter-ruby.wasm',
    '09a96427d7c72f0613ed470cd9812223fc4a91d6a9c025c0235cc6bd59ff96f4',
  ],
  [
    'tree-sitter-php@0.24.2',
    'tree-sitter-php.wasm',
    'd4df6a6ff08c87c3ec4f9cbb785fe09998a0cb570e03f57d7b19b3acfb146aa7',
  ],
  [
    'tree-sitter-rust@0.24.0',
    'tree-sitter-rust.wasm',
    'f65f354215611fd94ad34134b3427eb3d58cbb745df7b6509ba722184db73d57',
  ],
  [
    'tree-sitter-c-sharp@0.23.5',
    'tree-sitter-c_sharp.wasm',
    '6f69e1cae44e1c32c1eccc170dc5a9778fb94ff716f71113fe1f8c4299aa2f40',
  ],
  [
    'tree-sitter-elixir@0.3.5',
    'tree-sitter-elixir.wasm',
    'ed99093c548c12d43f7e337fd3440e9e2daa2ec671a5e29aadb6c6dcb2232a62',
  ],
] as const

const target = join(import.meta.dirname, '..', 'grammars')
const folder = await mkdtemp(join(tmpdir(), 'grammars-'))
try {
  for (const [name, file, sum] of grammars) {
    const { stdout } = await run('npm', ['pack', '--silent', '--ignore-scripts', name], { cwd: folder })
    await run('tar', ['xzf', stdout.trim(), '--strip-components=1', `package/${file}`], { cwd: folder })
    const bytes = await readFile(join(folder, file))
    const found = createHash('sha256').update(bytes).digest('hex')
    if (found !== sum) throw new Error(`${file} of ${name} has SHA-256 ${found} and not ${sum}`)
    const packed = brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    })
    await writeFile(join(target, `${file}.br`), packed)
    console.log(`${file}: ${bytes.length} bytes, packed ${packed.length}`)
  }
} finally {
  await rm(folder, { recursive: true })
}
