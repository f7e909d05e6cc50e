import { readDependents, readViewTypeUses } from '../catalog/dependents.ts'
import { ident, qualified } from '../pg/quoting.ts'
import { oldName } from '../steps/names.ts'
import type { BodyMention } from '../catalog/functions.ts'
import type { PreflightContext, Rule } from './rule.ts'

/** Rules about functions and other objects that name the tables. */
export const routineRules: readonly Rule[] = [
  {
    id: 'routine-unpinned',
    code: 'PF-6',
    severity: 'warning',
    waivable: true,
    phases: ['expand'],
    check: ({ facts }) =>
      facts.unpinned
        .filter(({ isMine }) => !isMine)
        .map(({ signature }) => ({
          on: signature,
          text: 'rows of moved tables make it run, it has no search_path of its own, and the runner may not alter it: writers with another search_path may break it',
          remedy: `alter routine ${signature} set search_path = …`,
        })),
  },
  {
    id: 'routine-names-table',
    code: 'PF-5',
    severity: 'info',
    waivable: true,
    phases: ['expand'],
    check: (context) =>
      [...byRoutine(moved(context)).values()].map(({ mention, names }) => ({
        on: mention.signature,
        text: `its text names ${names.join(', ')}; it goes on working by the old names until contract`,
      })),
  },
  {
    id: 'routine-names-old-table',
    code: 'PF-5',
    severity: 'error',
    waivable: true,
    phases: ['switch'],
    check: (context) =>
      [...byRoutine(ending(context)).values()]
        .filter(({ mention }) => mention.isQualified)
        .map(({ mention, names }) => ({
          on: mention.signature,
          text: `its text names ${names.join(', ')} with the old schema in front, which is gone after switch`,
          remedy: 'rewrite it with the new names',
        })),
  },
  {
    id: 'routine-path-lacks-schema',
    code: 'PF-5',
    severity: 'error',
    waivable: true,
    phases: ['switch'],
    check: (context) =>
      [...byRoutine(ending(context)).values()]
        .filter(
          ({ mention, targets }) =>
            mention.pinned !== null && !targets.every((target) => mention.pinned!.includes(target)),
        )
        .map(({ mention, names, targets }) => ({
          on: mention.signature,
          text: `its text names ${names.join(', ')}, and its own search_path (${mention.pinned}) does not hold ${targets.map(ident).join(', ')}`,
          remedy: `alter routine ${mention.signature} set search_path = ${targets.map(ident).join(', ')}, ${mention.pinned}`,
        })),
  },
  {
    id: 'old-name-dependent',
    code: 'PF-9',
    severity: 'error',
    waivable: false,
    phases: ['contract'],
    async check({ session, tables }) {
      const views = new Map(
        tables.flatMap((table) =>
          table.location.view === null ? [] : [[table.location.view, table] as const],
        ),
      )
      const found = [
        ...(await readDependents(session, [...views.keys()])),
        ...(await readViewTypeUses(session, [...views.keys()])),
      ]
      return found.map(({ relation, description }) => ({
        on: qualified(oldName(views.get(relation)!)),
        text: `${description} depends on the old name, which is about to be dropped`,
        remedy: `let it use ${qualified({ schema: views.get(relation)!.target, name: views.get(relation)!.name })}`,
      }))
    },
  },
]

/** What may be named in the text of a function. */
interface Mentioned {
  readonly name: string
  readonly target: string
  readonly mentions: readonly BodyMention[]
}

function moved({ tables, routines, types }: PreflightContext): Mentioned[] {
  return [...tables, ...routines, ...types]
}

/** What loses its old name with the switch, before functions are rewritten. */
function ending({ tables, routines }: PreflightContext): Mentioned[] {
  return [...tables, ...routines].filter(({ compat }) => compat === 'none' || compat === 'search-path')
}

interface Mentions {
  readonly mention: BodyMention
  readonly names: string[]
  readonly targets: string[]
}

function byRoutine(tables: readonly Mentioned[]): Map<number, Mentions> {
  const routines = new Map<number, Mentions>()
  for (const table of tables) {
    for (const mention of table.mentions) {
      const known = routines.get(mention.oid)
      const entry = known ?? { mention, names: [], targets: [] }
      entry.names.push(table.name)
      if (!entry.targets.includes(table.target)) entry.targets.push(table.target)
      routines.set(mention.oid, known === undefined || !mention.isQualified ? entry : { ...entry, mention })
    }
  }
  return routines
}
