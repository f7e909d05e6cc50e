import type { PlanPath } from './plan.ts'

/** What a template came to: its text, or what is wrong with it. No value of the environment is in a problem. */
export type Interpolated =
  | { readonly text: string }
  | { readonly problems: readonly { readonly message: string; readonly variable?: string }[] }

/**
 * Puts environment values into `${NAME}`, `${NAME:-default}` and `${NAME:?message}`; `$${` is a literal `${`.
 * A variable that is set but empty counts as unset, as with the same forms of a shell: an empty connection
 * string would mean "the local default database", which no one intends. `${NAME:-}` allows it.
 */
export function interpolate(template: string, env: NodeJS.ProcessEnv): Interpolated {
  const problems: { message: string; variable?: string }[] = []
  const text = template.replaceAll(reference, (found, inner: string | undefined) => {
    if (found === '$${') return '${'
    const [, name, operator, operand = ''] = form.exec(inner ?? '') ?? []
    if (name === undefined || operand.includes('${')) {
      problems.push({ message: malformed })
      return ''
    }
    const value = env[name]
    if (typeof value === 'string' && value !== '') return value
    if (operator === ':-') return operand
    const reason = operator === ':?' && operand !== '' ? `: ${operand}` : ''
    problems.push({ message: `environment variable ${name} is not set${reason}`, variable: name })
    return ''
  })
  return problems.length > 0 ? { problems } : { text }
}

/** Writes a text so that `interpolate` gives it back unchanged. */
export function escapeTemplate(text: string): string {
  return text.replaceAll('${', () => '$${')
}

/** True where references are read: connection strings and the addresses of probes, nothing else. */
export function isTemplatePath(path: PlanPath): boolean {
  const [section, , key, inner] = path
  if (section === 'services') return path.length === 3 && key === 'url'
  if (section === 'probes') return path.length === 4 && path[1] === 'http' && inner === 'url'
  if (section !== 'databases') return false
  if (path.length === 3) return key === 'url'
  return path.length === 4 && (key === 'standbys' || key === 'subscribers' || inner === 'admin')
}

/** True for addresses of probes, which are no connection strings. */
export function isAddressPath([section]: PlanPath): boolean {
  return section === 'probes'
}

const malformed = 'expected ${NAME}, ${NAME:-default} or ${NAME:?message} here; $${ is a literal ${'

// The escape first; then a whole reference; then an opening without its end, which `form` refuses.
const reference = /\$\$\{|\$\{([^}]*)\}|\$\{/g
const form = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:\?)([^]*))?$/
