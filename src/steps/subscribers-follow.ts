import type { StepKind } from './kind.ts'
import { subscriberAction } from './subscribers-ready.ts'

type Config = { readonly database: string; readonly relations: readonly number[] }

/** Right after the tables have moved here they move on the subscribers, whose workers stop at the first row until then. */
export const subscribersFollow: StepKind<Config> = {
  kind: 'subscribers-follow',
  // A partition that came later moves with the same step once more.
  traits: { lock: 'none', repeats: true },
  summary: () => 'move the tables on the subscribers, and see that replication goes on',
  undoSummary: () => 'nothing yet: the tables here move back first',
  observe: () => 'unknown',
  actions: (config) => [subscriberAction(config, 'follow', 'move the tables on the subscribers')],
  undo: () => [],
}
