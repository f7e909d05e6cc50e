import type { CommandLine } from './command-line.ts'

/** A phase as `migrate plan --json` tells of it. */
export interface Phase {
  number: number
  name: string
  kind: 'expand' | 'switch' | 'contract'
}

/** The phases of the plan, sorted into what the demo does with them. */
export interface Phases {
  expand: Phase
  switches: Phase[]
  lastSwitch: Phase
  contract: Phase
}

/** Asks the command line for the plan's phases. */
export async function askForPhases(migrate: CommandLine): Promise<Phases> {
  const { phases } = (await migrate.json('plan')) as { phases: Phase[] }
  const expand = phases.find(({ kind }) => kind === 'expand')
  const switches = phases.filter(({ kind }) => kind === 'switch')
  const lastSwitch = switches.at(-1)
  const contract = phases.find(({ kind }) => kind === 'contract')
  if (!expand || !lastSwitch || !contract) throw new Error('the plan lacks an expand, a switch or a contract')
  return { expand, switches, lastSwitch, contract }
}
