import { journalSchema as schema } from '../catalog/names.ts'
import type { Session } from '../pg/session.ts'
import type { Use } from './use.ts'

/** Who was seen using an old name, and what with: sessions of one role, application and address are one user. */
export interface User {
  readonly relation: number
  readonly standby: string | null
  readonly role: string | null
  readonly application: string
  readonly client: string | null
  readonly firstAt: Date
  readonly lastAt: Date
  /** Seen only with the name without its schema, which may have meant another table. */
  readonly isUnqualified: boolean
  /** The latest statement, cut off. */
  readonly statement: string
}

/** The users in the recorded observations, the latest first. Only a sample: who was never seen may be a user all the same. */
export async function readUsers(session: Session, run: number): Promise<User[]> {
  return session.query<User>(
    `select u.relation, s.standby, s.role, s.application, s.client, min(u.observed_at) as "firstAt", max(u.last_at) as "lastAt", false as "isUnqualified",
            (array_agg(s.statement order by u.last_at desc, s.statement desc))[1] as statement
       from ${schema}.usage u
      cross join jsonb_to_recordset(u.sightings) s (standby text, role text, application text, client text, statement text)
      where u.run = $1
      group by u.relation, s.standby, s.role, s.application, s.client
      order by "lastAt" desc, role, application, client`,
    [run],
  )
}

/** The same with those who have just been seen, whether or not that could be recorded. */
export function withSeen(known: readonly User[], uses: readonly Use[], at: Date): User[] {
  const users = new Map(known.map((user) => [key(user), user]))
  for (const { relation, sightings } of uses) {
    for (const { standby, role, application, client, statement, ...sighting } of sightings) {
      const seen = { relation, standby, role, application, client }
      const before = users.get(key(seen))
      const isUnqualified = sighting.isUnqualified && (before?.isUnqualified ?? true)
      users.set(key(seen), { ...seen, firstAt: before?.firstAt ?? at, lastAt: at, isUnqualified, statement })
    }
  }
  return [...users.values()].sort((a, b) => b.lastAt.getTime() - a.lastAt.getTime())
}

function key({
  relation,
  standby,
  role,
  application,
  client,
}: Omit<User, 'firstAt' | 'lastAt' | 'isUnqualified' | 'statement'>): string {
  return JSON.stringify([relation, standby, role, application, client])
}
