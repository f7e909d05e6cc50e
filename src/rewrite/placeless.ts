import { isNode, list, text, untag, words, type Node } from '../sql/tree.ts'
import type { NameClass } from './moves.ts'
import type { Site } from './site.ts'

/** What DROP, COMMENT, ALTER … and SECURITY LABEL name, by the word of the grammar. */
const objectClasses: Readonly<Record<string, NameClass>> = {
  OBJECT_TABLE: 'relation',
  OBJECT_VIEW: 'relation',
  OBJECT_MATVIEW: 'relation',
  OBJECT_SEQUENCE: 'relation',
  OBJECT_INDEX: 'relation',
  OBJECT_FOREIGN_TABLE: 'relation',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'type',
  OBJECT_FUNCTION: 'routine',
  OBJECT_PROCEDURE: 'routine',
  OBJECT_ROUTINE: 'routine',
  OBJECT_AGGREGATE: 'routine',
}

/** The name of what is in a relation follows that of the relation. */
const parts = new Set(['OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY', 'OBJECT_TABCONSTRAINT'])
const typeParts = new Set(['OBJECT_ATTRIBUTE', 'OBJECT_DOMCONSTRAINT'])

const none: ReadonlySet<string> = new Set()

function site(of: NameClass, named: readonly string[]): Site[] {
  return named.length === 0 ? [] : [{ class: of, words: named, hidden: none, at: { search: named } }]
}

/** What a statement makes is in the first schema of the path. */
function made(of: NameClass, named: readonly string[]): Site[] {
  return site(of, named).map((each) => ({ ...each, isMade: true }))
}

/** CREATE TYPE and CREATE AGGREGATE; the names of operators and of text search do not move. */
function defined(kind: string | undefined, named: readonly string[]): Site[] {
  if (kind === 'OBJECT_TYPE') return made('type', named)
  return kind === 'OBJECT_AGGREGATE' ? made('routine', named) : []
}

/** OWNED BY of a sequence; SEQUENCE NAME of an identity column; the support function of a function; handler and validator of a foreign-data wrapper. */
function optionSites(option: string, named: readonly string[]): Site[] {
  if (option === 'owned_by') return site('relation', named.slice(0, -1))
  // Without a schema it is in that of its table, wherever that is.
  if (option === 'sequence_name' && named.length > 1) return site('relation', named)
  return ['support', 'handler', 'validator'].includes(option) ? site('routine', named) : []
}

/** The names of a statement for which its tree keeps no place. */
export function namesIn(tag: string, body: Node): Site[] {
  switch (tag) {
    case 'DropStmt':
      return list(body['objects']).flatMap((object) => objectSites(text(body['removeType']), object))
    case 'CommentStmt':
    case 'SecLabelStmt':
      return objectSites(text(body['objtype']), body['object'])
    case 'AlterObjectSchemaStmt':
    case 'AlterOwnerStmt':
    case 'AlterObjectDependsStmt':
    case 'AlterExtensionContentsStmt':
      return objectSites(text(body['objectType']) ?? text(body['objtype']), body['object'])
    case 'RenameStmt':
      return objectSites(text(body['renameType']), body['object'])
    case 'GrantStmt':
      // Relations and routines are nodes of their own.
      return list(body['objects']).flatMap((object) => objectSites(text(body['objtype']), object))
    case 'ObjectWithArgs':
      return site('routine', words(body['objname']))
    case 'CreateFunctionStmt':
      return made('routine', words(body['funcname']))
    case 'CreateTrigStmt':
    case 'CreateEventTrigStmt':
      return site('routine', words(body['funcname']))
    case 'CreateEnumStmt':
    case 'CreateRangeStmt':
      return made('type', words(body['typeName']))
    case 'AlterEnumStmt':
    case 'AlterDomainStmt':
    case 'AlterTypeStmt':
      return site('type', words(body['typeName']))
    case 'CreateDomainStmt':
      return made('type', words(body['domainname']))
    case 'DefineStmt':
      return defined(text(body['kind']), words(body['defnames']))
    case 'CreatePLangStmt':
      return ['plhandler', 'plinline', 'plvalidator'].flatMap((key) => site('routine', words(body[key])))
    case 'CreateAmStmt':
      return site('routine', words(body['handler_name']))
    case 'CreateConversionStmt':
      return site('routine', words(body['func_name']))
    case 'DefElem':
      return optionSites(text(body['defname']) ?? '', words(body['arg']))
    default:
      return []
  }
}

function objectSites(kind: string | undefined, object: unknown): Site[] {
  if (kind === undefined || !isNode(object)) return []
  const [tag] = untag(object)
  // A routine with its arguments and a type are nodes of their own, which the walk comes to.
  if (tag !== 'List') return []
  const named = words(object)
  if (kind === 'OBJECT_COLUMN')
    return site('relation', named.slice(0, -1)).map((each) => ({ ...each, isComposite: true }))
  // … name ON table: the name may be that of the table, too.
  if (parts.has(kind))
    return site('relation', named.slice(0, -1)).map((each) => ({
      ...each,
      at: { search: named.slice(0, -1), isLast: true },
    }))
  if (typeParts.has(kind)) return site('type', named.slice(0, -1))
  const of = objectClasses[kind]
  return of === undefined ? [] : site(of, named)
}
