import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'

interface RegistryShape {
  readonly folder: string
  /** Matches the exported definition of a file and captures its name. */
  readonly definition: RegExp
  readonly type: string
  readonly typeFile: string
  readonly body: (names: readonly string[]) => string
}

/** A registry.ts that imports every definition of its folder, so that a new one is one new file. */
async function registryText({ folder, definition, type, typeFile, body }: RegistryShape): Promise<string> {
  const files = (await readdir(folder))
    .filter((file) => file.endsWith('.ts') && file !== 'registry.ts')
    .sort()
  const found: { file: string; name: string }[] = []
  for (const file of files) {
    const name = definition.exec(await readFile(join(folder, file), 'utf8'))?.[1]
    if (name !== undefined) found.push({ file, name })
  }
  const text = [
    '// Written by `npm run generate` from the files of this folder; do not edit.',
    ...found.map(({ file, name }) => `import { ${name} } from './${file}'`),
    `import type { ${type} } from './${typeFile}'`,
    '',
    body(found.map(({ name }) => name)),
  ].join('\n')
  const file = join(folder, 'registry.ts')
  return format(text, { ...(await resolveConfig(file)), filepath: file })
}

export function stepRegistry(folder: string): Promise<string> {
  return registryText({
    folder,
    definition: /^export const (\w+): StepKind</m,
    type: 'StepKind',
    typeFile: 'kind.ts',
    body: (names) => `const kinds = [${names.join(', ')}]

const byName = new Map(kinds.map((kind) => [kind.kind, kind as unknown as StepKind]))

/** The kind of step of that name. */
export function stepKind(name: string): StepKind {
  const kind = byName.get(name)
  if (kind === undefined) throw new Error(\`there is no step kind "\${name}"\`)
  return kind
}
`,
  })
}

export function probeRegistry(folder: string): Promise<string> {
  return registryText({
    folder,
    definition: /^export const (\w+): Probe /m,
    type: 'Probe',
    typeFile: 'probe.ts',
    body: (names) => `/** Every probe, by its id. */
export const probes: ReadonlyMap<string, Probe> = new Map([${names.join(', ')}].map((probe) => [probe.id, probe]))
`,
  })
}
