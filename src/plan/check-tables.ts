import { collisions } from './collide.ts'
import type { Draft, DraftService } from './draft.ts'
import type { Finding } from './finding.ts'
import { isGlob } from './match.ts'

/** The lists of a service, by the word for one entry. Tables and views share their names. */
const lists = {
  table: ({ tables, views }: DraftService) => [...tables, ...views],
  function: ({ functions }: DraftService) => functions,
  type: ({ types }: DraftService) => types,
}

/** Objects that are named twice. What globs mean, and whether they overlap, only the catalog can tell. */
export function checkTables({ services }: Draft): Finding[] {
  return Object.entries(lists).flatMap(([what, listOf]) => {
    const named = services.flatMap((service) =>
      listOf(service)
        .filter(
          ({ text }) => service.alias !== undefined && service.sourceSchema !== undefined && !isGlob(text),
        )
        .map((word) => ({
          service: service.name,
          from: [service.alias?.text, service.sourceSchema?.text],
          word,
        })),
    )
    return collisions(named, ({ from, word }) => JSON.stringify([...from, word.text])).map(
      ({ item, others }): Finding => {
        const claimants = new Set([item, ...others].map(({ service }) => `"${service}"`))
        const message =
          claimants.size === 1
            ? `${what} "${item.word.text}" is listed more than once in service ${[...claimants].join()}`
            : `${what} "${item.word.text}" is claimed by services ${[...claimants].toSorted().join(' and ')}`
        return {
          code: 'mapping-conflict',
          path: item.word.path,
          message,
          also: others.map(({ word }) => word.path),
        }
      },
    )
  })
}
