import { readCollisions } from '../catalog/collisions.ts'
import { isMarked, journalSchema, markOf, stageSchema } from '../catalog/names.ts'
import { ident, qualified } from '../pg/quoting.ts'
import { oldName, schemaStep } from '../steps/names.ts'
import type { Rule } from './rule.ts'

/** Rules about the schemas tables go to, and what is there already. */
export const schemaRules: readonly Rule[] = [
  {
    id: 'target-schema-exists',
    code: 'PF-24',
    severity: 'error',
    waivable: true,
    phases: ['expand'],
    check: ({ plan, facts, begun }) =>
      [...new Set(plan.services.map(({ schema }) => schema))].flatMap((schema) => {
        const found = facts.schemas.get(schema)
        if (found === undefined || begun.has(schemaStep(schema)) || isMarked(found.comment, plan.name))
          return []
        return [
          {
            on: schema,
            text: `schema ${ident(schema)} exists already, with ${found.objects} relations, and was not made by this plan`,
            remedy: 'drop it, choose another with `schema:`, or waive this rule to use it as it is',
          },
        ]
      }),
  },
  {
    id: 'stage-in-use',
    code: 'PF-2',
    severity: 'error',
    waivable: false,
    phases: ['expand'],
    check: ({ plan, facts }) => {
      const found = facts.schemas.get(stageSchema)
      if (found === undefined || isMarked(found.comment, plan.name)) return []
      return [
        {
          on: stageSchema,
          text: `schema ${stageSchema} exists already: ${found.comment ?? 'not made by pg-relocate'}`,
          remedy: 'finish or roll back the other plan first',
        },
      ]
    },
  },
  {
    id: 'name-collision',
    code: 'PF-2',
    severity: 'error',
    waivable: false,
    phases: ['expand', 'switch'],
    async check({ session, plan, tables }) {
      const pending = tables.filter(
        ({ location }) =>
          location.stand === 'plain' || location.stand === 'expanded' || location.stand === 'foreign',
      )
      const moves = pending.map((table) => ({ relation: table.relation, schema: table.target }))
      const sequences = pending.flatMap((table) =>
        table.sequences.map(({ oid }) => ({ relation: table.relation, oid })),
      )
      const byOid = new Map(pending.map((table) => [table.relation, table]))
      return (await readCollisions(session, moves, markOf(plan.name), sequences)).map(
        ({ relation, what, name, schema }) => ({
          on: qualified(oldName(byOid.get(relation)!)),
          text: `the ${what} name ${ident(name)}, which goes with it, is taken in schema ${ident(schema)}`,
          remedy: 'rename or drop the other object',
        }),
      )
    },
  },
  {
    id: 'name-collision-within',
    code: 'PF-2',
    severity: 'error',
    waivable: false,
    phases: ['expand'],
    check({ tables }) {
      const seen = new Map<string, string>()
      return tables.flatMap((table) => {
        const key = `${table.target}\0${table.name}`
        const other = seen.get(key)
        seen.set(key, qualified(oldName(table)))
        return other === undefined
          ? []
          : [
              {
                on: qualified(oldName(table)),
                text: `it and ${other} would both become ${ident(table.target)}.${ident(table.name)}`,
              },
            ]
      })
    },
  },
  {
    id: 'target-is-source',
    code: 'PF-1',
    severity: 'error',
    waivable: false,
    phases: ['expand'],
    check: ({ plan }) =>
      plan.services
        .filter(
          ({ schema, sourceSchema }) =>
            schema === sourceSchema || schema === journalSchema || schema === stageSchema,
        )
        .map(({ name, schema }) => ({
          on: name,
          text: `its tables would go to schema ${ident(schema)}, where they are or which is the tool’s own`,
        })),
  },
]
