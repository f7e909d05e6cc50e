import { readForeignKeys } from '../catalog/foreign-keys.ts'
import type { Relation } from '../catalog/relations.ts'
import type { Session } from '../pg/session.ts'

export interface TableGroup {
  readonly service: string
  readonly tables: string[]
}

/**
 * A first guess at services: tables that share the first word of their name belong together; a table alone with its
 * word goes to the table it refers to. Only a starting point for someone who knows the applications.
 */
export async function groupTables(session: Session, relations: readonly Relation[]): Promise<TableGroup[]> {
  const keys = await readForeignKeys(
    session,
    relations.map(({ oid }) => oid),
  )
  const words = new Map<string, Relation[]>()
  for (const relation of relations) {
    const word = singular(relation.name.split('_')[0]!.toLowerCase())
    words.set(word, [...(words.get(word) ?? []), relation])
  }
  const groupOf = new Map<number, string>()
  for (const [word, members] of words)
    if (members.length > 1) for (const { oid } of members) groupOf.set(oid, word)
  for (const relation of relations) {
    if (groupOf.has(relation.oid)) continue
    const partner = keys.find(({ from, to }) => from === relation.oid && groupOf.has(to))
    groupOf.set(relation.oid, partner === undefined ? 'shared' : groupOf.get(partner.to)!)
  }
  const groups = new Map<string, string[]>()
  for (const { oid, name } of relations)
    groups.set(groupOf.get(oid)!, [...(groups.get(groupOf.get(oid)!) ?? []), name])
  return [...groups]
    .map(([word, tables]) => ({ service: `${word.replaceAll(/[^a-z0-9]/g, '') || 'other'}_service`, tables }))
    .sort((a, b) => (a.service < b.service ? -1 : 1))
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}
