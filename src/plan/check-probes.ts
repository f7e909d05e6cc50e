import { didYouMean } from '../errors/suggest.ts'
import { collisions } from './collide.ts'
import type { Draft, Word } from './draft.ts'
import type { Finding } from './finding.ts'
import { builtInProbes, canaryRule } from './probe-names.ts'

/** Probes have names of their own, and name phases, databases and services that exist; what is isolated has roles. */
export function checkProbes(draft: Draft): Finding[] {
  const { own, phases, databases, services } = draft.probes
  const taken: readonly string[] = [...builtInProbes, canaryRule]
  const names = draft.services.map(({ name }) => name)
  return [
    ...own
      .filter(({ text }) => taken.includes(text))
      .map(({ text, path }) => invalid(path, `"${text}" is the name of a probe of the tool`)),
    ...collisions(own, ({ text }) => text).map(({ item, others }) => ({
      ...invalid(item.path, `more than one probe has the name "${item.text}"`),
      also: others.map(({ path }) => path),
    })),
    ...unknown(phases, phaseNames(draft), 'phase'),
    ...unknown(databases, draft.aliases, 'database'),
    ...unknown(services, names, 'service'),
  ]
}

/** As src/plan/phases.ts names them. */
function phaseNames({ services, phases }: Draft): string[] {
  const named = new Set(phases.flatMap((phase) => phase.services.map(({ text }) => text)))
  return [
    'expand',
    'switch',
    'contract',
    ...phases.flatMap(({ name }) => name?.text ?? []),
    ...services.filter(({ name }) => !named.has(name)).map(({ name }) => `switch ${name}`),
  ]
}

function unknown(words: readonly Word[], known: readonly string[], what: string): Finding[] {
  return words
    .filter(({ text }) => !known.includes(text))
    .map(({ text, path }) => invalid(path, `no ${what} has the name "${text}"${didYouMean(text, known)}`))
}

function invalid(path: Finding['path'], message: string): Finding {
  return { code: 'plan-invalid', path, message }
}
