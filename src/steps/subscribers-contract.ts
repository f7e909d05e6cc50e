import type { StepKind } from './kind.ts'
import { subscriberAction } from './subscribers-ready.ts'

type Config = { readonly database: string; readonly relations: readonly number[] }

/** Drops the views that readers of the subscribers had under the old names. */
export const subscribersContract: StepKind<Config> = {
  kind: 'subscribers-contract',
  traits: { lock: 'none', destroys: 'the old names on the subscribers, until they are made again' },
  summary: () => 'drop the old names on the subscribers',
  undoSummary: () => 'make the old names on the subscribers again',
  observe: () => 'unknown',
  actions: (config) => [subscriberAction(config, 'contract', 'drop the old names on the subscribers')],
  undo: (config) => [subscriberAction(config, 'recreate', 'make the old names on the subscribers again')],
}
