import { randomBytes } from 'node:crypto'
import { MigrateError } from '../errors/migrate-error.ts'
import { ident, literal } from '../pg/quoting.ts'
import type { ServerFacts } from '../pg/server.ts'
import { Session } from '../pg/session.ts'
import { inDatabase, type DatabaseTarget } from '../pg/target.ts'

const prefix = 'pg_relocate_scratch_'
const mark = 'made by pg-relocate to restore a backup into; dropped when that is done'
const lock = 'pg-relocate scratch'

/** A database that backups are restored into and that is gone at the end of its scope. */
export interface Scratch extends AsyncDisposable {
  readonly name: string
  readonly target: DatabaseTarget
}

/**
 * Makes a database like the one of the target: same encoding, locale and owner. Nobody else may connect to it. What
 * killed restores have left is dropped first.
 * @throws MigrateError `privilege-missing` where the role may not create databases, `connection-failed`
 */
export async function openScratch(
  target: DatabaseTarget,
  server: ServerFacts,
  plan: string,
): Promise<Scratch> {
  const holder = await Session.connect(target, `migrate/${plan}/scratch`)
  const name = prefix + randomBytes(6).toString('hex')
  const drop = async (): Promise<void> => {
    await holder.script(`drop database if exists ${ident(name)} with (force)`).catch(() => undefined)
    await holder.close()
  }
  try {
    await refuseWithoutRight(holder, server)
    await holder.query('select pg_advisory_lock(hashtext($1), hashtext($2))', [lock, name])
    await dropLeftovers(holder)
    await createLike(holder, server, name)
    await holder.script(`comment on database ${ident(name)} is ${literal(mark)}`)
    await holder.script(`revoke all on database ${ident(name)} from public`)
    return { name, target: inDatabase(target, name), [Symbol.asyncDispose]: drop }
  } catch (error) {
    await drop()
    throw error
  }
}

/** Creates an empty database like the session's own. */
export async function createLike(session: Session, { major }: ServerFacts, name: string): Promise<void> {
  const like = await session.one<Like>(
    `select pg_encoding_to_char(encoding) as encoding, datcollate as collate, datctype as ctype,
            ${major >= 15 ? 'datlocprovider' : `'c'`}::text as provider,
            ${major >= 17 ? 'datlocale' : major >= 15 ? 'daticulocale' : 'null'} as locale,
            ${major >= 16 ? 'daticurules' : 'null'} as rules,
            case when pg_has_role(datdba, 'USAGE') then pg_get_userbyid(datdba) end as owner
       from pg_database where datname = current_database()`,
  )
  const options = [
    'template template0',
    `encoding ${literal(like.encoding)}`,
    ...(like.owner === null ? [] : [`owner ${ident(like.owner)}`]),
    ...(like.provider === 'c' ? [] : [`locale_provider ${providers[like.provider] ?? 'libc'}`]),
    `lc_collate ${literal(like.collate)}`,
    `lc_ctype ${literal(like.ctype)}`,
    ...(like.locale === null
      ? []
      : [`${like.provider === 'b' ? 'builtin_locale' : 'icu_locale'} ${literal(like.locale)}`]),
    ...(like.rules === null ? [] : [`icu_rules ${literal(like.rules)}`]),
  ]
  await session.script(`create database ${ident(name)} ${options.join(' ')}`)
}

interface Like {
  readonly encoding: string
  readonly collate: string
  readonly ctype: string
  readonly provider: string
  readonly locale: string | null
  readonly rules: string | null
  readonly owner: string | null
}

const providers: Partial<Record<string, string>> = { i: 'icu', b: 'builtin' }

/** A scratch database is in use while the session that made it holds the lock of its name, in whichever database. */
async function dropLeftovers(session: Session): Promise<void> {
  const left = await session.query<{ name: string }>(
    `select d.datname as name
       from pg_database d
      where d.datname ~ $1 and pg_has_role(d.datdba, 'MEMBER')
        and coalesce(shobj_description(d.oid, 'pg_database'), $2) = $2
        and not exists (
          select from pg_locks l
           where l.locktype = 'advisory' and l.granted and l.objsubid = 2
             and l.classid = (hashtext($3)::bigint & 4294967295)::oid
             and l.objid = (hashtext(d.datname)::bigint & 4294967295)::oid)`,
    [`^${prefix}[0-9a-f]{12}$`, mark, lock],
  )
  for (const { name } of left) await session.script(`drop database if exists ${ident(name)} with (force)`)
}

async function refuseWithoutRight(session: Session, { user }: ServerFacts): Promise<void> {
  const { may } = await session.one<{ may: boolean }>(
    'select rolcreatedb or rolsuper as may from pg_roles where rolname = current_user',
  )
  if (may) return
  throw new MigrateError('privilege-missing', `role ${user} may not create the scratch database`, {
    next: [
      `alter role ${ident(user)} createdb`,
      'or name an empty database, here or on another server, with --scratch URL',
    ],
  })
}
