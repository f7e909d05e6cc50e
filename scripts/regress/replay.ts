// Every statement of the suite by itself, on the database that the suite leaves behind and on a copy whose tables were moved.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { surroundings } from '../../src/rewrite/decide.ts'
import type { Moves } from '../../src/rewrite/moves.ts'
import { rewriteText } from '../../src/rewrite/rewrite.ts'
import { splitScript } from '../../src/rewrite/script.ts'
import { Parser } from '../../src/sql/parser.ts'
import { untag } from '../../src/sql/tree.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { moveEverything, rewriteBodies } from './moved-copy.ts'
import { perform, type Performed } from './perform.ts'
import type { Suite } from './source.ts'

export interface Replay {
  readonly statements: number
  readonly changed: number
  readonly bothWork: number
  readonly equal: number
  readonly bothFail: number
  readonly sameError: number
  /** Give something else each time, also on one database. */
  readonly volatile: number
  readonly onlyBefore: number
  readonly onlyAfter: number
  /** Differ, after the rewriter had said that it cannot decide something in them. */
  readonly told: number
  readonly bodies: number
  /** Differ in something that the move changes for itself, by what that is. */
  readonly explained: Readonly<Record<string, number>>
  readonly unexplained: number
}

/** Replays the statements, with what differs in files that begin with `output`. */
export async function replay(
  cluster: Cluster,
  suite: Suite,
  output: string,
  print: (line: string) => void,
): Promise<Replay> {
  const admin = await connect(cluster.url('postgres'))
  await admin.query('create database moved template regression')
  const { rows } = await admin.query<{ setting: string }>(
    `select format('alter database moved set %s = %L', split_part(s, '=', 1), substr(s, strpos(s, '=') + 1)) as setting
       from pg_db_role_setting r, unnest(setconfig) s
      where setrole = 0 and setdatabase = (select oid from pg_database where datname = 'regression')`,
  )
  for (const { setting } of rows) await admin.query(setting)
  await admin.end()
  const mover = await connect(cluster.url('moved'))
  const moves = await moveEverything(mover)
  const parser = await Parser.load()
  const bodies = await rewriteBodies(mover, parser, moves)
  await mover.end()
  for (const refused of bodies.refused) print(`not made again: ${refused}`)
  const texts = await statementsOf(suite, parser)
  print(`replaying ${texts.length} statements`)
  const [before, after] = await Promise.all([
    connect(cluster.url('regression')),
    connect(cluster.url('moved')),
  ])
  const counted = await compare(texts, parser, moves, before, after, output)
  await Promise.all([before.end(), after.end()])
  return { ...counted, statements: texts.length, bodies: bodies.changed }
}

async function compare(
  texts: readonly string[],
  parser: Parser,
  moves: Moves,
  before: pg.Client,
  after: pg.Client,
  output: string,
): Promise<Omit<Replay, 'statements' | 'bodies'>> {
  const count = { changed: 0, bothWork: 0, equal: 0, bothFail: 0, sameError: 0, volatile: 0 }
  const sides = { onlyBefore: 0, onlyAfter: 0, told: 0, unexplained: 0 }
  const explained: Record<string, number> = {}
  const differing: string[] = []
  const around = surroundings(['public'], { runsSql: 'all' })
  for (const sql of texts) {
    await parser.ready()
    const rewritten = rewriteText(parser, sql, moves, around)
    if (rewritten.isChanged) count.changed += 1
    const [old, now] = await Promise.all([perform(before, sql), perform(after, rewritten.text)])
    if (old.ok && now.ok) count.bothWork += 1
    if (!old.ok && !now.ok) count.bothFail += 1
    if (isEqual(old, now)) {
      if (old.ok) count.equal += 1
      else count.sameError += 1
      continue
    }
    if (!isEqual(old, await perform(before, sql))) {
      count.volatile += 1
      continue
    }
    const why = reasons.find(({ fits }) => fits(sql, old, now))?.reason
    if (why === undefined && rewritten.mentions.some(({ kind }) => kind === 'undecided')) sides.told += 1
    else if (why === undefined) {
      if (old.ok && !now.ok) sides.onlyBefore += 1
      else if (now.ok && !old.ok) sides.onlyAfter += 1
      else sides.unexplained += 1
      differing.push([sql, rewritten.text, JSON.stringify(old), JSON.stringify(now)].join('\n--\n'))
    } else explained[why] = (explained[why] ?? 0) + 1
  }
  await writeFile(`${output}.differing`, differing.join('\n\n======\n'))
  return { ...count, ...sides, explained }
}

function isEqual(one: Performed, other: Performed): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

interface Reason {
  readonly reason: string
  fits(sql: string, before: Performed, after: Performed): boolean
}

/** What the move changes for itself. None of these may excuse a statement that works on one side only. */
const reasons: readonly Reason[] = [
  {
    reason: 'estimates and plans, which follow from statistics that each copy gathers for itself',
    fits: (sql, before, after) => before.ok && after.ok && /^\s*explain\b/i.test(sql),
  },
  {
    reason: 'the order of rows of a statement without ORDER BY',
    fits: (sql, before, after) =>
      before.ok && after.ok && !/\border\s+by\b/i.test(sql) && inOrder(before.rows) === inOrder(after.rows),
  },
  {
    reason: 'what PostgreSQL counts for each database',
    fits: (sql, before, after) =>
      before.ok && after.ok && /\b(?:pg_database|pg_stat_database|current_database)\b/i.test(sql),
  },
]

function inOrder(rows: string): string {
  if (!rows.startsWith('[')) return rows
  const all = JSON.parse(rows) as [string, number, unknown[]][]
  return JSON.stringify(
    all.map(([command, count, each]) => [command, count, each.map((row) => JSON.stringify(row)).sort()]),
  )
}

/** Statements that end a transaction, wait, or change what both databases share. */
const left =
  /^(?:Transaction|Vacuum|Createdb|Dropdb|AlterDatabase|CreateRole|AlterRole|DropRole|GrantRole|CreateTableSpace|DropTableSpace|AlterTableSpace|CreateSubscription|AlterSubscription|DropSubscription|Listen|Notify|Unlisten|CheckPoint|Load|AlterSystem|Discard|Prepare|Execute|Deallocate|Reassign|DropOwned)/
const leftCalls =
  /pg_sleep|pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_switch_wal|pg_logical|replication_slot|pg_rotate|lo_import|lo_export|pg_stat_reset|pg_advisory/i

async function statementsOf({ scripts }: Suite, parser: Parser): Promise<string[]> {
  const found = new Set<string>()
  for (const file of (await readdir(join(scripts, 'sql'))).sort()) {
    const script = await readFile(join(scripts, 'sql', file), 'utf8')
    for (const { start, end, commands, isCommand } of splitScript(script)) {
      const sql = script.slice(start, end)
      if (isCommand || commands.length > 0 || leftCalls.test(sql)) continue
      await parser.ready()
      const parsed = parser.parse(sql)
      if ('statements' in parsed && !parsed.statements.some(({ tree }) => left.test(untag(tree)[0])))
        found.add(sql)
    }
  }
  return [...found]
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'replay' })
  // Some statements end their own session.
  client.on('error', () => {})
  await client.connect()
  await client.query(
    `set statement_timeout = '5s'; set datestyle = 'Postgres, MDY'; set timezone = 'PST8PDT'`,
  )
  return client
}
