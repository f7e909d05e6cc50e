import { byWords, each, one } from '../finding-tables.ts'
import type { Named } from '../known.ts'
import { bodyOf, isNode, list, text, words, type Node } from '../../sql/tree.ts'
import type { Visit } from '../walk.ts'
import { silent, type Trap } from '../trap.ts'

/** What ALTER TABLE does to a view too (manual, ALTER TABLE and ALTER VIEW). */
const alsoForViews = new Set(['AT_ColumnDefault', 'AT_ChangeOwner'])

/** Statements that define something on a table, or with its help. */
export const definitionTraps: readonly Trap[] = [
  onNode('create-index', 'IndexStmt', 'fails: a view has no indexes', '42809'),
  {
    id: 'create-trigger',
    breaks:
      'fails: a view has no triggers for each row before or after a change, and none with transition tables',
    severity: 'warning',
    view: '42809',
    wayOut: 'use the new name',
    find: (at) => (isTrigger(at) && isOfTables(at.body) ? one(at, at.body['relation']) : []),
  },
  {
    id: 'create-statement-trigger',
    breaks: 'makes a trigger that no statement fires, or only those by the old name',
    severity: 'warning',
    view: silent,
    shell: silent,
    wayOut: 'use the new name',
    find: (at) => (isTrigger(at) && !isOfTables(at.body) ? one(at, at.body['relation']) : []),
  },
  {
    id: 'create-rule',
    breaks: 'makes a rule for the old name alone',
    severity: 'warning',
    view: silent,
    shell: silent,
    wayOut: 'use the new name',
    find: (at) => (at.tag === 'RuleStmt' ? one(at, at.body['relation']) : []),
  },
  {
    id: 'trigger-by-name',
    breaks: 'fails: triggers, rules and policies are those of the table',
    severity: 'warning',
    view: '42704',
    shell: '42704',
    wayOut: 'use the new name',
    find: (at) => [
      ...ofTable(at, /^OBJECT_(?:TRIGGER|RULE|POLICY)$/),
      ...renamed(at, /^OBJECT_(?:TRIGGER|RULE)$/),
    ],
  },
  {
    id: 'create-policy',
    breaks: 'fails: a view has no policies',
    severity: 'warning',
    view: '42809',
    wayOut: 'use the new name',
    find: (at) =>
      at.tag === 'CreatePolicyStmt' || at.tag === 'AlterPolicyStmt'
        ? one(at, at.body['table'])
        : renamed(at, /^OBJECT_POLICY$/),
  },
  {
    id: 'rename',
    breaks: 'renames the view or a column of it, and not the table',
    severity: 'warning',
    view: silent,
    wayOut: 'do it before expand or after contract',
    find: (at) => renamed(at, /^OBJECT_(?:TABLE|COLUMN)$/),
  },
  {
    id: 'rename-constraint',
    breaks: 'fails: a view has no constraints',
    severity: 'warning',
    view: '42704',
    shell: '42704',
    wayOut: 'use the new name',
    find: (at) => renamed(at, /^OBJECT_TABCONSTRAINT$/),
  },
  {
    id: 'attach-partition',
    breaks: 'fails: a view is no partition, and inherits from nothing',
    severity: 'error',
    view: '42809',
    wayOut: 'use the new name',
    find: (at) => {
      const other = at.tag === 'AlterTableCmd' ? at.body['def'] : undefined
      const partition = bodyOf(other, 'PartitionCmd')
      return one(at, partition === undefined ? bodyOf(other, 'RangeVar') && other : partition['name'])
    },
  },
  {
    id: 'create-statistics',
    breaks: 'fails: a view has no statistics objects',
    severity: 'warning',
    view: '42809',
    wayOut: 'use the new name',
    find: (at) => (at.tag === 'CreateStatsStmt' ? each(at, at.body['relations']) : []),
  },
  {
    id: 'publication',
    breaks: 'fails: a view cannot be published',
    severity: 'warning',
    view: '22023',
    wayOut: 'publish the table by its new name',
    find: (at) => {
      const table = at.tag === 'PublicationObjSpec' ? at.body['pubtable'] : undefined
      return isNode(table) ? one(at, table['relation']) : []
    },
  },
  {
    id: 'foreign-key',
    breaks: 'fails: a foreign key cannot refer to a view',
    severity: 'warning',
    view: '42809',
    wayOut: 'refer to the table by its new name',
    find: (at) =>
      at.tag === 'Constraint' && at.body['contype'] === 'CONSTR_FOREIGN' ? one(at, at.body['pktable']) : [],
  },
  {
    id: 'alter-table',
    breaks: 'fails: views do not take this change',
    severity: 'warning',
    view: '42809',
    wayOut: 'alter the table before expand or after contract, or undo expand first',
    find: (at) =>
      at.tag === 'AlterTableStmt' &&
      at.body['objtype'] === 'OBJECT_TABLE' &&
      list(at.body['cmds']).some(
        (command) => !alsoForViews.has(text(bodyOf(command, 'AlterTableCmd')?.['subtype']) ?? ''),
      )
        ? one(at, at.body['relation'])
        : [],
  },
  {
    id: 'drop-table',
    breaks: 'fails: it is not a table',
    severity: 'warning',
    view: '42809',
    wayOut: 'nothing: the rows are safe',
    find: (at) =>
      at.tag === 'DropStmt' && at.body['removeType'] === 'OBJECT_TABLE'
        ? list(at.body['objects']).flatMap((name) => byWords(at, name))
        : [],
  },
  {
    id: 'drop-shell',
    breaks: 'drops the table with all its rows, under either name',
    severity: 'error',
    shell: silent,
    wayOut: 'see that no one runs it, or choose another policy',
    find: (at) =>
      at.tag === 'DropStmt' && at.body['removeType'] === 'OBJECT_TABLE'
        ? list(at.body['objects']).flatMap((name) => byWords(at, name))
        : [],
  },
  {
    id: 'inherits',
    breaks: 'fails: only a table that is not partitioned can be inherited from',
    severity: 'warning',
    view: '42809',
    shell: '42809',
    wayOut: 'inherit from the table by its new name',
    find: (at) =>
      at.tag === 'CreateStmt' && !('partbound' in at.body) ? each(at, at.body['inhRelations']) : [],
  },
  {
    id: 'partition-of',
    breaks: 'fails: only a partitioned table has partitions',
    severity: 'error',
    view: '42809',
    wayOut: 'create partitions by the new name',
    find: (at) =>
      at.tag === 'CreateStmt' && 'partbound' in at.body ? each(at, at.body['inhRelations']) : [],
  },
  {
    id: 'like',
    breaks: 'makes a table without NOT NULL, keys and checks, which a view does not have',
    severity: 'warning',
    view: silent,
    wayOut: 'LIKE the table by its new name',
    find: (at) => (at.tag === 'TableLikeClause' ? one(at, at.body['relation']) : []),
  },
]

/** TRIGGER_TYPE_INSTEAD of the server’s pg_trigger.h. */
const insteadOf = 64

function isTrigger({ tag, body }: Visit): boolean {
  return tag === 'CreateTrigStmt' && body['timing'] !== insteadOf
}

function isOfTables(trigger: Node): boolean {
  return trigger['row'] === true || list(trigger['transitionRels']).length > 0
}

/** DROP and COMMENT name such an object by its table and its own name. */
function ofTable(at: Visit, kinds: RegExp): readonly Named[] {
  const { tag, body } = at
  // The rule that makes a view one is not of the table.
  if (words(body['object']).at(-1) === '_RETURN') return []
  if (tag === 'DropStmt' && kinds.test(text(body['removeType']) ?? ''))
    return list(body['objects']).flatMap((name) => byWords(at, name, 1))
  return tag === 'CommentStmt' && kinds.test(text(body['objtype']) ?? '')
    ? byWords(at, body['object'], 1)
    : []
}

function renamed(at: Visit, kinds: RegExp): readonly Named[] {
  return at.tag === 'RenameStmt' && kinds.test(text(at.body['renameType']) ?? '')
    ? one(at, at.body['relation'])
    : []
}

function onNode(id: string, tag: string, breaks: string, view: string, field = 'relation'): Trap {
  return {
    id,
    breaks,
    severity: 'warning',
    view,
    wayOut: 'use the new name',
    find: (at) => (at.tag === tag ? one(at, at.body[field]) : []),
  }
}
