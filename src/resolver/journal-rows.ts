import { ident } from '../pg/identifier.ts'
import { journalSchema } from '../plan/names.ts'
import { parseSnapshot, type Snapshot } from './snapshot.ts'

export interface NameRow {
  readonly plan: string
  readonly hash: string
  /** A bigint, which the driver gives as text. */
  readonly epoch: string
  readonly database: string
  readonly service: string
  readonly target: string
}

/** What any role may read of the journal; $1 is the name of the plan. */
export const readNames = `
  select plan, hash, epoch, database, class, schema, name, target, service, of, state, keeps_old as "keepsOld"
    from ${ident(journalSchema)}.names where plan = $1 order by class, schema, name`

/** The mapping that the rows make; nothing where there are none, since the plan has not begun. */
export function snapshotOf(rows: readonly NameRow[]): Snapshot | undefined {
  const [first] = rows
  if (first === undefined) return undefined
  const { plan, hash, epoch, database } = first
  const services = Object.fromEntries(
    rows.map(({ service, target }) => [service, { schema: target, database, searchPath: [target] }]),
  )
  return parseSnapshot({ format: 1, plan, hash, epoch: Number(epoch), services, names: rows }, 'the journal')
}
