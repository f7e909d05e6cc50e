import { didYouMean } from '../errors/suggest.ts'
import { collisions } from './collide.ts'
import type { Draft } from './draft.ts'
import type { Finding } from './finding.ts'

/** Phases name services that exist, each service once, and have names of their own. */
export function checkPhases({ services, phases }: Draft): Finding[] {
  const names = services.map(({ name }) => name)
  const switched = phases.flatMap((phase) => phase.services)
  const unknown = switched
    .filter(({ text }) => names.length > 0 && !names.includes(text))
    .map(({ text, path }): Finding => ({
      code: 'plan-invalid',
      path,
      message: `no service has the name "${text}"${didYouMean(text, names)}`,
    }))
  const twice = collisions(switched, ({ text }) => text).map(({ item, others }): Finding => ({
    code: 'plan-invalid',
    path: item.path,
    message: `service "${item.text}" is switched more than once`,
    also: others.map(({ path }) => path),
  }))
  return [...unknown, ...twice, ...phaseNames({ phases })]
}

function phaseNames({ phases }: Pick<Draft, 'phases'>): Finding[] {
  const named = phases.flatMap(({ name }) => name ?? [])
  const reserved = named
    .filter(({ text }) => text === 'expand' || text === 'contract')
    .map(({ text, path }): Finding => ({
      code: 'plan-invalid',
      path,
      message: `"${text}" is the name of a phase that every plan has`,
    }))
  const twice = collisions(named, ({ text }) => text).map(({ item, others }): Finding => ({
    code: 'plan-invalid',
    path: item.path,
    message: `more than one phase has the name "${item.text}"`,
    also: others.map(({ path }) => path),
  }))
  return [...reserved, ...twice]
}
