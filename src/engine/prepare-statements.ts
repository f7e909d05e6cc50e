import { DatabaseError } from 'pg'
import { Session } from '../pg/session.ts'
import { holeName } from '../hosts/virtual.ts'
import { surroundings } from '../rewrite/decide.ts'
import { after } from '../rewrite/effects.ts'
import { ident } from '../pg/quoting.ts'
import { sqlstate } from '../pg/sqlstate.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import { Parser } from '../sql/parser.ts'
import { untag, type Node } from '../sql/tree.ts'
import type { RewrittenFile } from './rewrite-sources.ts'

/** What a database said of a statement. */
export interface PreparedStatement {
  readonly file: string
  readonly line: number
  /** `missing`: it names what is not there. `unclear`: it is no statement that can be prepared, or only a part of one. */
  readonly outcome: 'ok' | 'missing' | 'unclear'
  readonly sqlstate: string | null
  readonly message: string
}

/** Statements that PREPARE takes (manual, PREPARE). */
const preparable = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])

const missing: ReadonlySet<string> = new Set([
  sqlstate.undefinedTable,
  sqlstate.undefinedFunction,
  sqlstate.invalidSchemaName,
  sqlstate.undefinedObject,
  sqlstate.undefinedColumn,
])

/**
 * Has a database of the target layout prepare every statement of the files as they will be. Nothing is executed: a statement that
 * is prepared is parsed and its names are looked up, and all is in a transaction that reads only and is rolled back.
 */
export async function prepareStatements(
  target: DatabaseTarget,
  files: readonly RewrittenFile[],
  names: ReadonlySet<string>,
  searchPath: readonly string[] | undefined,
): Promise<PreparedStatement[]> {
  const statements = await parsedStatements(files)
  const known = { names, temporary: temporaryNames(statements) }
  await using session = await Session.connect(target, 'migrate/rewrite', '')
  await session.script('begin read only; set local statement_timeout = 10000')
  if (searchPath !== undefined)
    await session.query(`select pg_catalog.set_config('search_path', $1, true)`, [
      searchPath.map(ident).join(', '),
    ])
  const done: PreparedStatement[] = []
  for (const statement of statements) {
    const { file, line, tree } = statement
    const verdict =
      tree === undefined
        ? unclear('it cannot be read')
        : preparable.has(untag(tree)[0])
          ? await prepare(session, statement, known)
          : unclear('no statement that can be prepared')
    done.push({ file, line, ...verdict })
  }
  await session.script('rollback')
  return done
}

interface ParsedStatement {
  readonly file: string
  readonly line: number
  readonly sql: string
  readonly hasHoles: boolean
  /** Undefined for what cannot be read. */
  readonly tree: Node | undefined
}

/** Texts of several statements are taken apart, so that each is prepared by itself. */
async function parsedStatements(files: readonly RewrittenFile[]): Promise<ParsedStatement[]> {
  const parser = await Parser.shared()
  const all: ParsedStatement[] = []
  for (const { file, statements } of files) {
    for (const { sql, line, hasHoles } of statements) {
      await parser.ready()
      const parsed = parser.parse(sql)
      const bytes = Buffer.from(sql)
      const parts = 'statements' in parsed ? parsed.statements : []
      for (const { tree, start, length } of parts) {
        const one = bytes.toString('utf8', start, length === 0 ? bytes.length : start + length)
        all.push({ file, line, sql: one, hasHoles, tree })
      }
      if (parts.length === 0) all.push({ file, line, sql, hasHoles, tree: undefined })
    }
  }
  return all
}

/** What the programs make for themselves is not there when a statement about it is prepared alone. */
function temporaryNames(statements: readonly ParsedStatement[]): ReadonlySet<string> {
  const none = surroundings([])
  return new Set(
    statements.flatMap(({ tree }) => (tree === undefined ? [] : [...after(tree, none, none).temporary])),
  )
}

interface Known {
  /** What moves, by its names without a schema. */
  readonly names: ReadonlySet<string>
  readonly temporary: ReadonlySet<string>
}

type Verdict = Pick<PreparedStatement, 'outcome' | 'sqlstate' | 'message'>

/** The text is one statement, and the protocol for one is used, so that nothing can hide behind it. */
async function prepare(
  session: Session,
  { sql, hasHoles }: ParsedStatement,
  { names, temporary }: Known,
): Promise<Verdict> {
  await session.script('savepoint one')
  try {
    await session.cells(`prepare migrate_check as ${sql}`)
    return { outcome: 'ok', sqlstate: null, message: '' }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    const { code = '', message } = error
    const subject = /"([^"]*)"/.exec(message)?.[1]?.split('.').at(-1) ?? ''
    // An alias that a piece of a query has from the rest of it; of a table that moved it would be our mistake.
    const isAlias = /FROM-clause/.test(message) && !names.has(subject)
    const isOwn = temporary.has(subject) || subject.includes(holeName)
    // Where something is put in at run time, only the relations are known.
    const isMissing = (hasHoles ? relations : missing).has(code) && !isAlias && !isOwn
    const told = message.replaceAll(holeName, '…')
    return { outcome: isMissing ? 'missing' : 'unclear', sqlstate: code, message: told }
  } finally {
    await session.script('rollback to one; deallocate all')
  }
}

const relations: ReadonlySet<string> = new Set([sqlstate.undefinedTable, sqlstate.invalidSchemaName])

function unclear(message: string): Verdict {
  return { outcome: 'unclear', sqlstate: null, message }
}
