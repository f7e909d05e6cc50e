import { DatabaseError } from 'pg'
import { Session } from '../pg/session.ts'
import { ident } from '../pg/quoting.ts'
import { sqlstate } from '../pg/sqlstate.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import { Parser } from '../sql/parser.ts'
import { untag } from '../sql/tree.ts'
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
  searchPath: readonly string[] | undefined,
): Promise<PreparedStatement[]> {
  const parser = await Parser.load()
  await using session = await Session.connect(target, 'migrate/rewrite', '')
  await session.script('begin read only; set local statement_timeout = 10000')
  if (searchPath !== undefined)
    await session.query(`select set_config('search_path', $1, true)`, [searchPath.map(ident).join(', ')])
  const done: PreparedStatement[] = []
  for (const { file, statements } of files) {
    for (const { sql, line, hasHoles } of statements) {
      await parser.ready()
      const parsed = parser.parse(sql)
      const parts = 'statements' in parsed ? parsed.statements : []
      const bytes = Buffer.from(sql)
      for (const { tree, start, length } of parts) {
        const one = bytes.toString('utf8', start, length === 0 ? bytes.length : start + length)
        const answer = preparable.has(untag(tree)[0])
          ? await prepare(session, one, hasHoles)
          : unclear('no statement that can be prepared')
        done.push({ file, line, ...answer })
      }
      if (parts.length === 0) done.push({ file, line, ...unclear('it cannot be read') })
    }
  }
  await session.script('rollback')
  return done
}

type Verdict = Pick<PreparedStatement, 'outcome' | 'sqlstate' | 'message'>

/** The text is one statement, and the protocol for one is used, so that nothing can hide behind it. */
async function prepare(session: Session, sql: string, hasHoles: boolean): Promise<Verdict> {
  await session.script('savepoint one')
  try {
    await session.cells(`prepare migrate_check as ${sql}`)
    return { outcome: 'ok', sqlstate: null, message: '' }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    const { code = '', message } = error
    const isAlias = /missing FROM-clause entry|invalid reference to FROM-clause/.test(message)
    // Where something is put in at run time, only the relations are known.
    const isMissing = hasHoles ? !isAlias && relations.has(code) : missing.has(code)
    return { outcome: isMissing ? 'missing' : 'unclear', sqlstate: code, message }
  } finally {
    await session.script('rollback to one; deallocate all')
  }
}

const relations: ReadonlySet<string> = new Set([sqlstate.undefinedTable, sqlstate.invalidSchemaName])

function unclear(message: string): Verdict {
  return { outcome: 'unclear', sqlstate: null, message }
}
