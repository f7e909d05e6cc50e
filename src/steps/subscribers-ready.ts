import type { SubscriberAction } from './action.ts'
import type { StepKind } from './kind.ts'

type Config = { readonly database: string; readonly relations: readonly number[] }

/**
 * Comes before the tables move, so that its undo comes after they have moved back: on a subscriber a table moves after
 * its publisher's, there as well as back.
 */
export const subscribersReady: StepKind<Config> = {
  kind: 'subscribers-ready',
  traits: { lock: 'none' },
  summary: () => 'see that the subscribers follow, and that new names are free there',
  undoSummary: () => 'move the tables back on the subscribers, after they have moved back here',
  observe: () => 'unknown',
  actions: (config) => [subscriberAction(config, 'ready', 'look at the subscribers')],
  undo: (config) => [subscriberAction(config, 'back', 'move the tables back on the subscribers')],
}

export function subscriberAction(
  { database, relations }: Config,
  mode: SubscriberAction['mode'],
  sentence: string,
): SubscriberAction {
  return {
    id: `subscribers-${mode}`,
    policy: 'subscriber',
    mode,
    sentence,
    database,
    relations,
    again: 'the catalogs there tell where each table is',
  }
}
