import { compareTables, type Difference, type TableComparison } from '../content/compare.ts'
import { nameKey, readColumns } from '../content/columns.ts'
import { keysCondition, type KeyColumn } from '../content/key.ts'
import { keyIn } from '../content/place.ts'
import { repairStatements } from '../content/repair.ts'
import { readEncoding, rowHash } from '../content/row-hash.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import type { EventStream } from '../events/stream.ts'
import { Progress } from '../events/progress.ts'
import { ident, qualified } from '../pg/quoting.ts'
import type { Session } from '../pg/session.ts'
import { keptNames, noteExchanged, type Exchanged } from './kept.ts'
import type { Pairing } from './pairing.ts'
import { raiseSequences } from './sequences.ts'

/** What has happened to a table since its backup, in rows. */
export interface Loss {
  readonly pair: Pairing
  /** Rows that have come: they would be deleted. */
  readonly added: number
  /** Rows that have gone: they would be inserted. */
  readonly deleted: number
  readonly changed: number
}

/** Counts what putting the restored tables in place would undo; changes nothing. */
export async function countLosses(
  restored: Session,
  live: Session,
  pairs: readonly Pairing[],
  events: EventStream,
): Promise<Loss[]> {
  const compared = new Progress(events, 'comparison with the live tables', pairs.length, 'tables')
  const losses: Loss[] = []
  for (const pair of pairs) {
    const comparison = await compareBoth(restored, live, pair)
    refuseLosing(pair, comparison)
    losses.push({ pair, ...countsOf(comparison.differences) })
    compared.add(1)
  }
  return losses
}

/** Makes the live table like the restored one and keeps what it changes; in the transaction the caller has open. */
export async function exchange(
  restored: Session,
  live: Session,
  pair: Pairing,
  restore: number,
): Promise<Exchanged> {
  const comparison = await compareBoth(restored, live, pair)
  refuseLosing(pair, comparison)
  const { differences, key } = comparison
  const counts = countsOf(differences)
  const relation = pair.live.oid
  const done = { relation, live: pair.live, ...counts, key: key?.map(({ name }) => name) ?? [] }
  if (differences.length === 0) return done
  const { before, after } = keptNames(restore, relation)
  const table = qualified(pair.live)
  await live.script(`create table ${before} (like ${table}); create table ${after} (like ${table})`)
  await capture(live, pair, before, comparison, ['extra', 'changed'])
  const sides = [
    { session: restored, relation: pair.restored },
    { session: live, relation: pair.live },
  ] as const
  for await (const statement of repairStatements(...sides, comparison, { columns: pair.columns })) {
    await live.script(statement)
  }
  await keepAdded(live, pair, before, comparison)
  await capture(live, pair, after, comparison, ['missing', 'changed'])
  await checkEqual(restored, live, pair)
  await raiseSequences(live, pair.live)
  await noteExchanged(live, restore, done)
  return done
}

/** Where changed rows had to be deleted and inserted again, the columns that came since get their values back. */
async function keepAdded(
  session: Session,
  { live, added }: Pairing,
  before: string,
  { key }: TableComparison,
): Promise<void> {
  const columns = ((await readColumns(session, [live])).get(nameKey(live)) ?? []).filter(
    ({ name, isGenerated, isIdentityAlways }) => added.includes(name) && !isGenerated && !isIdentityAlways,
  )
  if (columns.length === 0 || key === undefined) return
  const set = columns.map(({ name }) => `${ident(name)} = b.${ident(name)}`).join(', ')
  const same = key.map(({ name }) => `t.${ident(name)} = b.${ident(name)}`).join(' and ')
  await session.script(`update ${qualified(live)} as t set ${set} from ${before} as b where ${same}`)
}

/** Without a key nothing tells which row's values in columns that came since belong to a row that is put back. */
function refuseLosing({ live, added }: Pairing, { key, differences }: TableComparison): void {
  if (key !== undefined || added.length === 0 || differences.length === 0) return
  throw new MigrateError(
    'restore-refused',
    `${qualified(live)} has no key, and columns that came since the backup: ${added.join(', ')}`,
    {
      detail: ['rows that are put back would lose their values in these columns'],
      state: { kind: 'rolled-back', sentence: 'nothing was changed' },
      next: [
        'migrate restore FOLDER --to-database NAME        restores it beside, to take from it by hand',
        'or name the other tables with --table',
      ],
    },
  )
}

function compareBoth(restored: Session, live: Session, pair: Pairing): Promise<TableComparison> {
  return compareTables(
    { session: restored, relation: pair.restored },
    { session: live, relation: pair.live },
    { columns: pair.columns },
  )
}

function countsOf(differences: readonly Difference[]): Pick<Loss, 'added' | 'deleted' | 'changed'> {
  const of = (kind: Difference['kind']): number =>
    differences.filter((each) => each.kind === kind).reduce((sum, { copies = 1 }) => sum + copies, 0)
  return { added: of('extra'), deleted: of('missing'), changed: of('changed') }
}

/** Copies the rows of these differences, as they are in the live table now. */
async function capture(
  session: Session,
  pair: Pairing,
  into: string,
  { key, differences }: TableComparison,
  kinds: readonly Difference['kind'][],
): Promise<void> {
  const wanted = differences.filter(({ kind }) => kinds.includes(kind))
  const columns = (await readColumns(session, [pair.live])).get(nameKey(pair.live)) ?? []
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const part = wanted.slice(from, from + AT_ONCE)
    if (key === undefined) await captureBag(session, pair, into, part)
    else await captureKeyed(session, pair, into, keyIn({ columns }, key), part)
  }
}

async function captureKeyed(
  session: Session,
  { live }: Pairing,
  into: string,
  key: readonly KeyColumn[],
  part: readonly Difference[],
): Promise<void> {
  const { condition, values } = keysCondition(
    key,
    part.map((difference) => difference.key),
  )
  await session.query(
    `insert into ${into} select t.* from ${qualified(live)} as t where ${condition}`,
    values,
  )
}

/** Of rows that nothing tells apart as many as there are too many; which of them is all the same. */
async function captureBag(
  session: Session,
  { live, columns }: Pairing,
  into: string,
  part: readonly Difference[],
): Promise<void> {
  const all = (await readColumns(session, [live])).get(nameKey(live)) ?? []
  const hashed = all.filter(({ name }) => columns.includes(name))
  const hash = rowHash(hashed, await readEncoding(session))
  await session.query(
    `insert into ${into}
     select t.*
       from ${qualified(live)} as t
       join (select t.tableoid as part, t.ctid as place, h.hash, row_number() over (partition by h.hash) as n
               from ${qualified(live)} as t cross join lateral (select ${hash} as hash) h) r
         on t.tableoid = r.part and t.ctid = r.place
       join unnest($1::text[], $2::int[]) v (hash, copies) on r.hash = v.hash::bigint and r.n <= v.copies`,
    [part.map((difference) => difference.key[0]), part.map(({ copies }) => copies ?? 1)],
  )
}

async function checkEqual(restored: Session, live: Session, pair: Pairing): Promise<void> {
  const { isEqual, rows } = await compareBoth(restored, live, pair)
  if (isEqual) return
  throw new MigrateError(
    'backup-mismatch',
    `${qualified(pair.live)} could not be made like its backup: ${rows[1]} rows, ${rows[0]} restored`,
    {
      detail: ['a trigger or rule that is enabled always may have changed the rows'],
      state: { kind: 'rolled-back', sentence: 'nothing was changed' },
    },
  )
}

const AT_ONCE = 1000
