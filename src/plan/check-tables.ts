import { collisions } from './collide.ts'
import type { Draft } from './draft.ts'
import type { Finding } from './finding.ts'
import { isGlob } from './match.ts'

/** Tables that are named twice. What globs mean, and whether they overlap, only the catalog can tell. */
export function checkTables({ services }: Draft): Finding[] {
  const named = services.flatMap(({ name, alias, sourceSchema, tables }) =>
    tables
      .filter(({ text }) => alias !== undefined && sourceSchema !== undefined && !isGlob(text))
      .map((table) => ({ service: name, from: [alias?.text, sourceSchema?.text], table })),
  )
  return collisions(named, ({ from, table }) => JSON.stringify([...from, table.text])).map(
    ({ item, others }) => {
      const claimants = new Set([item, ...others].map(({ service }) => `"${service}"`))
      const message =
        claimants.size === 1
          ? `table "${item.table.text}" is listed more than once in service ${[...claimants].join()}`
          : `table "${item.table.text}" is claimed by services ${[...claimants].toSorted().join(' and ')}`
      return {
        code: 'mapping-conflict',
        path: item.table.path,
        message,
        also: others.map(({ table }) => table.path),
      }
    },
  )
}
