import { each, one } from '../finding-tables.ts'
import type { KnownTable } from '../known.ts'
import { bodyOf, isNode, list, text } from '../../sql/tree.ts'
import type { Trap } from '../trap.ts'
import type { Visit } from '../walk.ts'

/** Statements that write rows (facts of chapters COPY, INSERT, MERGE, TRUNCATE and UPDATE of the manual). */
export const writeTraps: readonly Trap[] = [
  {
    id: 'truncate',
    breaks: 'fails: a view cannot be truncated',
    severity: 'error',
    view: '42809',
    wayOut: 'truncate the table by its new name, or use DELETE',
    find: (at) => (at.tag === 'TruncateStmt' ? each(at, at.body['relations']) : []),
  },
  {
    id: 'copy-from',
    breaks: 'fails: a view cannot be copied into',
    severity: 'error',
    view: '42809',
    wayOut: 'copy into the table by its new name',
    find: (at) => (at.tag === 'CopyStmt' && at.body['is_from'] === true ? one(at, at.body['relation']) : []),
  },
  {
    id: 'copy-to',
    breaks: 'fails: only a table can be copied from by its name',
    // pg_dump writes the same statement, and reads the catalogs anew each time.
    severity: 'warning',
    view: '42809',
    shell: '42809',
    wayOut: 'write COPY (SELECT …) TO; nothing, if it was pg_dump',
    find: (at) => (at.tag === 'CopyStmt' && at.body['is_from'] !== true ? one(at, at.body['relation']) : []),
  },
  {
    id: 'merge',
    breaks: 'fails before PostgreSQL 17: MERGE into a view',
    severity: 'error',
    view: '0A000',
    viewSince: 17,
    wayOut: 'merge into the table by its new name, or write INSERT … ON CONFLICT',
    find: (at) => (at.tag === 'MergeStmt' ? one(at, at.body['relation']) : []),
  },
  {
    id: 'on-conflict-constraint',
    breaks: 'fails: a view has no constraints to name',
    severity: 'error',
    view: '42704',
    wayOut: 'name the columns: ON CONFLICT (column)',
    find: (at) => {
      const clause = at.tag === 'InsertStmt' ? at.body['onConflictClause'] : undefined
      const infer = isNode(clause) ? clause['infer'] : undefined
      return isNode(infer) && 'conname' in infer ? one(at, at.body['relation']) : []
    },
  },
  {
    id: 'current-of',
    breaks: 'fails: WHERE CURRENT OF is not possible on a view',
    severity: 'error',
    view: '0A000',
    wayOut: 'use the key of the row',
    find: (at) =>
      'whereClause' in at.body && bodyOf(at.body['whereClause'], 'CurrentOfExpr') !== undefined
        ? one(at, at.body['relation'])
        : [],
  },
  setsDefault('set-generated-default', '428C9', ({ generated }) => generated !== ''),
  setsDefault('set-identity-default', '23502', ({ identity }) => identity !== ''),
]

/** Defaults are copied to the view, but these columns have none to copy, so that DEFAULT is NULL there. */
function setsDefault(
  id: string,
  view: string,
  isMeant: (column: KnownTable['columns'][number]) => boolean,
): Trap {
  return {
    id,
    breaks: 'fails: to a view, DEFAULT of an identity or generated column is NULL',
    severity: 'error',
    view,
    wayOut: 'leave the column out, or use the new name',
    find: (at) => {
      const set = defaulted(at)
      return set.size === 0
        ? []
        : one(at, at.body['relation']).filter(({ table }) =>
            table.columns.some((column) => set.has(column.name) && isMeant(column)),
          )
    },
  }
}

/** The columns that an UPDATE sets to DEFAULT, also one within INSERT or MERGE. An INSERT leaves DEFAULT to the table. */
function defaulted(at: Visit): Set<string> {
  return new Set(
    updated(at).flatMap((item) => {
      const target = bodyOf(item, 'ResTarget')
      return target !== undefined && isDefault(target['val']) ? (text(target['name']) ?? []) : []
    }),
  )
}

function updated({ tag, body }: Visit): readonly unknown[] {
  switch (tag) {
    case 'UpdateStmt':
      return list(body['targetList'])
    case 'InsertStmt': {
      const clause = body['onConflictClause']
      return isNode(clause) ? list(clause['targetList']) : []
    }
    case 'MergeStmt':
      return list(body['mergeWhenClauses']).flatMap((item) => {
        const clause = bodyOf(item, 'MergeWhenClause')
        return clause?.['commandType'] === 'CMD_UPDATE' ? list(clause['targetList']) : []
      })
    default:
      return []
  }
}

function isDefault(value: unknown): boolean {
  const several = bodyOf(value, 'MultiAssignRef')
  if (several === undefined) return bodyOf(value, 'SetToDefault') !== undefined
  const row = bodyOf(several['source'], 'RowExpr')
  return bodyOf(list(row?.['args'])[Number(several['colno']) - 1], 'SetToDefault') !== undefined
}
