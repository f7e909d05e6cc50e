import { byWords, each, one, owner } from '../finding-tables.ts'
import { relationsNamed } from '../named.ts'
import { bodyOf, isNode, list, text, words } from '../../sql/tree.ts'
import { silent, type Trap } from '../trap.ts'

/** Statements of those who look after a database. */
export const maintenanceTraps: readonly Trap[] = [
  {
    id: 'comment',
    breaks: 'fails: it is not a table',
    severity: 'warning',
    view: '42809',
    wayOut: 'use the new name',
    find: (at) =>
      at.tag === 'CommentStmt' && at.body['objtype'] === 'OBJECT_TABLE' ? byWords(at, at.body['object']) : [],
  },
  {
    id: 'comment-on-constraint',
    breaks: 'fails: a view has no constraints',
    severity: 'warning',
    view: '42704',
    shell: '42704',
    wayOut: 'use the new name',
    find: (at) =>
      at.tag === 'CommentStmt' && at.body['objtype'] === 'OBJECT_TABCONSTRAINT'
        ? byWords(at, at.body['object'], 1)
        : [],
  },
  {
    id: 'reindex',
    breaks: 'fails: a view has no indexes',
    severity: 'warning',
    view: '42809',
    wayOut: 'use the new name',
    find: (at) =>
      at.tag === 'ReindexStmt' && at.body['kind'] === 'REINDEX_OBJECT_TABLE'
        ? one(at, at.body['relation'])
        : [],
  },
  {
    id: 'index-by-name',
    breaks: 'fails: the index has moved with its table',
    severity: 'warning',
    view: '42P01',
    nothing: '42P01',
    wayOut: 'name the index with its new schema',
    find: (at) => relationsNamed(at, 'OBJECT_INDEX').flatMap((name) => owner(at.lookup.index, ...name)),
  },
  {
    id: 'drop-index',
    breaks: 'fails: the index has moved with its table',
    severity: 'warning',
    view: '42704',
    nothing: '42704',
    wayOut: 'name the index with its new schema',
    find: (at) =>
      at.tag === 'DropStmt' && at.body['removeType'] === 'OBJECT_INDEX'
        ? list(at.body['objects']).flatMap((item) => {
            const name = words(item)
            return owner(at.lookup.index, name.at(-2), name.at(-1))
          })
        : [],
  },
  {
    id: 'cluster',
    breaks: 'fails: a view has no order on disk',
    severity: 'warning',
    view: '42809',
    wayOut: 'use the new name',
    find: (at) => (at.tag === 'ClusterStmt' ? one(at, at.body['relation']) : []),
  },
  {
    id: 'vacuum',
    breaks: 'does nothing but warn: there is nothing to vacuum or analyze in a view',
    severity: 'warning',
    view: silent,
    wayOut: 'use the new name',
    find: (at) =>
      at.tag === 'VacuumStmt'
        ? list(at.body['rels']).flatMap((entry) =>
            isNode(entry) && isNode(entry['VacuumRelation'])
              ? each(at, [entry['VacuumRelation']['relation']])
              : [],
          )
        : [],
  },
  {
    id: 'refresh',
    breaks: 'fails: it is not a materialized view',
    severity: 'error',
    view: '42809',
    nothing: '42P01',
    wayOut: 'use the new name',
    find: (at) => (at.tag === 'RefreshMatViewStmt' ? one(at, at.body['relation']) : []),
  },
  {
    id: 'set-constraints',
    breaks: 'fails: the constraint is in another schema; ALL goes on working',
    severity: 'error',
    view: '42704',
    shell: '42704',
    wayOut: 'SET CONSTRAINTS ALL, or name the constraint with its new schema',
    find: (at) =>
      at.tag === 'ConstraintsSetStmt'
        ? list(at.body['constraints']).flatMap((constraint) => {
            const written = bodyOf(constraint, 'RangeVar')
            return owner(at.lookup.constraint, text(written?.['schemaname']), text(written?.['relname']))
          })
        : [],
  },
]
