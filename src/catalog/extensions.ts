import type { Session } from '../pg/session.ts'

/** The installed version of an extension; undefined when it is not installed in this database. */
export async function extensionVersion(session: Session, name: string): Promise<string | undefined> {
  const [row] = await session.query<{ version: string }>(
    `select extversion as version from pg_extension where extname = $1`,
    [name],
  )
  return row?.version
}
