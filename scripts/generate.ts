import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { planJsonSchema } from '../src/plan/json-schema.ts'
import { cliReference } from './generate/cli-reference.ts'
import { planReference } from './generate/plan-reference.ts'
import { probeRegistry, stepRegistry } from './generate/registry.ts'

// Writes the files that are made from the code. With --check it writes nothing and fails when one is out of date.

const root = join(import.meta.dirname, '..')
const markdown = async (text: string): Promise<string> =>
  format(text, { ...(await resolveConfig(join(root, 'README.md'))), parser: 'markdown' })

const generated: readonly { readonly file: string; text(): string | Promise<string> }[] = [
  {
    file: join(root, 'plans', 'plan.schema.json'),
    text: () => `${JSON.stringify(planJsonSchema(), null, 2)}\n`,
  },
  { file: join(root, 'docs', 'reference', 'cli.md'), text: () => markdown(cliReference()) },
  { file: join(root, 'docs', 'reference', 'plan.md'), text: () => markdown(planReference()) },
  { file: join(root, 'src', 'steps', 'registry.ts'), text: () => stepRegistry(join(root, 'src', 'steps')) },
  {
    file: join(root, 'src', 'probes', 'registry.ts'),
    text: () => probeRegistry(join(root, 'src', 'probes')),
  },
]

const isCheck = process.argv.includes('--check')
for (const { file, text } of generated) {
  const wanted = await text()
  const present = await readFile(file, 'utf8').catch(() => undefined)
  if (present === wanted) continue
  if (isCheck) {
    process.stderr.write(`${relative(root, file)} is out of date: run npm run generate\n`)
    process.exitCode = 1
  } else {
    await writeFile(file, wanted)
    process.stderr.write(`wrote ${relative(root, file)}\n`)
  }
}
