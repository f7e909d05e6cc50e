import { readForeignAccess, readRegistered } from '../catalog/registries.ts'
import { qualified } from '../pg/quoting.ts'
import { oldName } from '../steps/names.ts'
import type { Rule } from './rule.ts'

/** Rules about others who know the tables by name: extensions with lists of their own, and other databases. */
export const registryRules: readonly Rule[] = [
  {
    id: 'registered-by-name',
    code: 'PF-21',
    severity: 'error',
    waivable: true,
    phases: ['expand'],
    async check({ session, tables }) {
      const found = await readRegistered(session, tables)
      return found.map(({ relation, registry, how }) => ({
        on: qualified(oldName(tables.find((table) => table.relation === relation)!)),
        text: `${registry} knows it by its old name (${how}) and would go on using that`,
        remedy: `tell ${registry} the new name in its own way, or take the table out of the plan`,
      }))
    },
  },
  {
    id: 'foreign-access',
    code: 'PF-22',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    async check({ session }) {
      return (await readForeignAccess(session)).map(({ who, sessions }) => ({
        on: who,
        text: `${sessions === 1 ? 'a session' : `${sessions} sessions`} of postgres_fdw from ${who}: foreign tables there name the old schema, and their statements are prepared for what a table can do`,
      }))
    },
  },
]
