import type { CompatPolicy } from './compat.ts'
import { literalPattern } from './match.ts'

export interface FirstPlan {
  readonly name: string
  readonly databaseAlias: string
  /** Variable of the environment that holds the connection string. */
  readonly envName: string
  /** Schema the tables are in now. */
  readonly schema: string
  /** Tables whose statements a view would break, with the policy proposed for them. */
  readonly compat?: ReadonlyMap<string, { readonly proposed: CompatPolicy; readonly reason: string }>
  readonly groups: readonly { readonly service: string; readonly tables: readonly string[] }[]
}

/** A first plan for `migrate init`, with comments that say what to decide next. */
export function renderPlan({ name, databaseAlias, envName, schema, groups, compat }: FirstPlan): string {
  const services = groups.filter(({ tables }) => tables.length > 0)
  return [
    '# yaml-language-server: $schema=./plan.schema.json',
    '#',
    '# A first plan, made from the database. Put the tables where they belong, then look at what would happen:',
    '#   migrate plan',
    'version: 1',
    `name: ${scalar(name)}`,
    '',
    '# Only here are ${NAME}, ${NAME:-default} and ${NAME:?message} read from the environment.',
    'databases:',
    `  ${scalar(databaseAlias)}: { url: "\${${envName}}" }`,
    '',
    "# A service's name is also the name of its schema, unless `schema:` says otherwise.",
    '# A table belongs to one service only. Globs such as user_* are allowed.',
    'services:',
    ...services.flatMap(({ service, tables }) => [
      `  ${scalar(service)}:`,
      `    from: ${scalar(`${databaseAlias}.${schema}`)}`,
      `    to: ${scalar(databaseAlias)}`,
      '    tables:',
      ...tables.map((table) => `      - ${scalar(literalPattern(table))}`),
      ...compatLines(tables, compat ?? new Map()),
      '    # roles: [some_app]   # roles that shall work in this schema, beside those with rights on the tables',
      '',
    ]),
    '# Without phases, each service is switched in a phase of its own, in the order above.',
    '# phases:',
    `#   - { name: critical services, switch: [${services[0] ? scalar(services[0].service) : ''}] }`,
    '',
    'defaults:',
    '  stallBudget: 200ms   # the longest a client may wait for a switch',
    '  lockRetry: 60s       # how long a switch tries again to get its locks',
    '  backup: each-phase   # or first-phase, none',
    '',
    'contract:',
    '  quiet: 7d            # how long no one may have used an old name before the old names go',
    '',
  ].join('\n')
}

function compatLines(
  tables: readonly string[],
  compat: ReadonlyMap<string, { readonly proposed: CompatPolicy; readonly reason: string }>,
): string[] {
  const lines = tables.flatMap((table) => {
    const found = compat.get(table)
    if (found === undefined) return []
    const reason = found.reason.replaceAll(/\s+/g, ' ')
    return `      ${scalar(literalPattern(table))}: ${found.proposed}   # ${reason}`
  })
  return lines.length === 0 ? [] : ['    compat:', ...lines]
}

// A JSON string is a YAML string in double quotes; plain only where no YAML reader could see anything but text.
function scalar(text: string): string {
  const isPlain =
    /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
  return isPlain ? text : JSON.stringify(text)
}
