import { journalSchema as schema } from '../catalog/names.ts'
import { withoutSecrets } from '../errors/secrets.ts'
import type { Session } from '../pg/session.ts'

/** A change of structure that someone else made to a table of the run, or to what stands in for it. */
export interface Drift {
  readonly at: Date
  readonly role: string
  readonly application: string
  readonly client: string | null
  readonly tag: string
  readonly object: string
  readonly statement: string
}

/** The latest changes, newest first. */
export async function readDrift(session: Session, run: number, limit = 20): Promise<Drift[]> {
  const found = await session.query<Drift>(
    `select at, role, application, host(client) as client, tag, object, statement
       from ${schema}.drift where run = $1 order by id desc limit $2`,
    [run, limit],
  )
  return found.map((drift) => ({ ...drift, statement: withoutSecrets(drift.statement) }))
}
