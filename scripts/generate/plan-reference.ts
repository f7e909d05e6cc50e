import { planJsonSchema } from '../../src/plan/json-schema.ts'

interface Node {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Node | boolean
  readonly items?: Node
}

/** The reference of the plan file, from the same schema that checks it. */
export function planReference(): string {
  const rows = describe('', planJsonSchema())
  return [
    '<!-- Written by `npm run generate` from the schema; do not edit. -->',
    '# The plan file',
    '',
    'A YAML document in `plans/`. Put `# yaml-language-server: $schema=./plan.schema.json` on its first line and editors',
    'complete and check it. Unknown keys are errors. `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$${` (a literal)',
    'are read in connection strings and addresses only. Durations are written `500ms`, `30s`, `5m`, `2h`, `7d`.',
    '',
    'What decides the shape of the move (names, databases, services, phases, `compat`) is fixed when a run begins; a change',
    'is refused with the difference. `allow`, budgets, backups, probes, the canary and the quiet period may be changed in the middle of a run.',
    '',
    '| Key | Value | Default | Meaning |',
    '| --- | --- | --- | --- |',
    ...rows.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`),
    '',
    '## Phases',
    '',
    'Phase 1 expands all services. Then come the phases of `phases:` in their order, then one switch phase for each service',
    'that none of them names, in the order of `services:`. The last phase is contract.',
    '',
  ].join('\n')
}

function describe(path: string, node: Node, isRequired = true): string[][] {
  const own =
    path === '' || (node.properties !== undefined && node.description === undefined)
      ? []
      : [[`\`${path}\``, kindOf(node), fallback(node, isRequired), node.description ?? '']]
  const inside = Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    describe(path === '' ? key : `${path}.${key}`, child, node.required?.includes(key) === true),
  )
  const any =
    typeof node.additionalProperties === 'object' ? describe(`${path}.NAME`, node.additionalProperties) : []
  const items = node.items?.properties === undefined ? [] : describe(`${path}[]`, node.items)
  return [...own, ...inside, ...any, ...items]
}

function kindOf(node: Node): string {
  if (node.const !== undefined) return JSON.stringify(node.const)
  if (node.enum !== undefined) return node.enum.map((entry) => String(entry)).join(', ')
  if (node.type === 'array') return `list of ${list(node.items?.type)}`
  return node.type === 'object' ? 'mapping' : [node.type ?? ''].flat().join(', ')
}

function list(type: Node['type']): string {
  if (type === 'array') return 'lists'
  return typeof type === 'string' ? `${type}s` : 'values'
}

function fallback(node: Node, isRequired: boolean): string {
  const { default: value } = node
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return `\`${value}\``
  return isRequired && value === undefined ? 'required' : ''
}
