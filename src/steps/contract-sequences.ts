import { ident, qualified } from '../pg/quoting.ts'
import { sequenceUnit } from '../survey/body-units.ts'
import type { GoingSequence } from '../survey/shared-sequences.ts'
import { bodiesToReplace, recordedBodies, replaceBodies, restoreBodies, type ReplacedBody } from './bodies.ts'
import type { TransactionAction } from './action.ts'
import {
  defaultsToReplace,
  recordedDefaults,
  replaceDefaults,
  restoreDefaults,
  type ReplacedDefault,
} from './defaults.ts'
import type { StepContext, StepKind } from './kind.ts'
import { newName, oldName } from './names.ts'

type Config = { readonly database: string; readonly service: string; readonly sequences: readonly number[] }

/**
 * A sequence of no column keeps its old name for as long as the tables have theirs; it follows them last. Who calls
 * nextval() holds it until the end of the transaction and inserts wait for it, so it must be had quickly or not at all.
 */
export const contractSequences: StepKind<Config> = {
  kind: 'contract-sequences',
  traits: { lock: 'ACCESS EXCLUSIVE', renames: true },
  summary: (config, context) => `move ${names(config, context)} of ${config.service}, which no column owns`,
  undoSummary: (config, context) => `move ${names(config, context)} back`,
  record: (config, context) => ({
    moved: sequencesOf(config, context)
      .filter((sequence) => !isThere(sequence))
      .map(({ oid }) => oid),
    bodies: sequencesOf(config, context).flatMap((sequence) => bodiesOf(sequence, context)),
    defaults: sequencesOf(config, context).flatMap((sequence) => defaultsOf(sequence, context)),
  }),
  observe(config, context) {
    const all = sequencesOf(config, context)
    const there = all.filter(isThere)
    return there.length === all.length ? 'present' : there.length === 0 ? 'absent' : 'partial'
  },
  actions: (config, context) =>
    sequencesOf(config, context)
      .filter((sequence) => !isThere(sequence))
      .map((sequence) =>
        move(config, sequence, oldName(sequence), sequence.target, [
          ...replaceBodies(bodiesOf(sequence, context)),
          ...replaceDefaults(defaultsOf(sequence, context), context),
        ]),
      ),
  undo(config, context, record) {
    const moved = (record['moved'] ?? []) as readonly number[]
    return sequencesOf(config, context)
      .filter((sequence) => isThere(sequence) && moved.includes(sequence.oid))
      .toReversed()
      .map((sequence) => {
        const bodies = recordedBodies(record).filter(({ of }) => of === sequence.oid)
        const defaults = recordedDefaults(record).filter(({ of }) => of === sequence.oid)
        return move(config, sequence, newName(sequence), sequence.source, [
          ...restoreBodies(bodies),
          ...restoreDefaults(defaults, context, false),
        ])
      })
  },
}

function sequencesOf({ sequences }: Config, { facts }: StepContext): GoingSequence[] {
  return facts.sequences.going.filter(({ oid }) => sequences.includes(oid))
}

/** Functions that name a sequence are rewritten in the transaction that moves it. */
function bodiesOf({ oid }: GoingSequence, context: StepContext): ReplacedBody[] {
  return bodiesToReplace(context, ({ last }) => last.find(({ unit }) => unit === sequenceUnit(oid))).map(
    (body) => ({
      ...body,
      of: oid,
    }),
  )
}

function defaultsOf({ oid }: GoingSequence, context: StepContext): ReplacedDefault[] {
  return defaultsToReplace(context, sequenceUnit(oid)).map((change) => ({ ...change, of: oid }))
}

function isThere({ schema, target }: GoingSequence): boolean {
  return schema === target
}

function names(config: Config, context: StepContext): string {
  return `sequences ${sequencesOf(config, context)
    .map(({ name }) => ident(name))
    .join(', ')}`
}

function move(
  { database }: Config,
  sequence: GoingSequence,
  from: ReturnType<typeof oldName>,
  to: string,
  texts: readonly string[],
): TransactionAction {
  return {
    id: `sequence-${sequence.oid}`,
    policy: 'transaction',
    sentence: `move sequence ${qualified(from)}`,
    database,
    lock: 'ACCESS EXCLUSIVE',
    lockedRelations: [from],
    lockFirst: [],
    statements: [
      'set local lock_timeout = 20',
      `alter sequence ${qualified(from)} set schema ${ident(to)}`,
      ...texts,
    ],
    again: 'the catalog tells which schema it is in',
  }
}
