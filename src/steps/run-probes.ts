import type { StepKind } from './kind.ts'

type Config = {
  readonly database: string
  readonly relations: readonly number[]
  readonly probes: readonly string[]
}

/** Read-only checks at the end of a phase. */
export const runProbes: StepKind<Config> = {
  kind: 'run-probes',
  traits: { lock: 'ACCESS SHARE', repeats: true },
  summary: ({ probes }) => `check ${probes.join(', ')}`,
  undoSummary: () => 'nothing to undo',
  observe: () => 'unknown',
  actions: ({ database, relations, probes }) => [
    {
      id: 'probes',
      policy: 'probe',
      sentence: 'run the exit probes of the phase',
      database,
      relations,
      probes,
      again: 'probes only read',
    },
  ],
  undo: () => [],
}
