import { readTraits, type Trait } from '../catalog/traits.ts'
import { ident, qualified } from '../pg/quoting.ts'
import { oldName } from '../steps/names.ts'
import type { Draft, PreflightContext, Rule } from './rule.ts'

/** Rules about properties of the tables that someone should know of. */
export const traitRules: readonly Rule[] = [
  {
    id: 'unusual-table',
    code: 'PF-1',
    severity: 'info',
    waivable: true,
    phases: ['expand'],
    check: ({ tables }) =>
      tables
        .filter(({ live }) => live.isTyped || live.persistence === 'u')
        .map((table) => ({
          on: qualified(oldName(table)),
          text: table.live.isTyped
            ? 'it is a typed table: a row of its old name cannot be cast to the type (x::the_type) once the old name is a view'
            : 'it is unlogged: a crash of the server empties it, whatever its name',
        })),
  },
  {
    id: 'sequence-stays',
    code: 'PF-3',
    severity: 'info',
    waivable: true,
    phases: ['expand'],
    check: ({ facts }) =>
      facts.sequences.staying.map((sequence) => ({
        on: qualified(sequence),
        text: 'no column owns it and it numbers rows of more than one service, or of tables that stay: it stays where it is, and goes on working',
      })),
  },
  {
    id: 'sequence-name-taken',
    code: 'PF-2',
    severity: 'error',
    waivable: false,
    phases: ['expand', 'contract'],
    check: ({ facts }) =>
      facts.sequences.going
        .filter(({ isTaken, schema, source }) => isTaken && schema === source)
        .map((sequence) => ({
          on: qualified(oldName(sequence)),
          text: `its name is taken in schema ${ident(sequence.target)}, to which it goes at contract`,
          remedy: 'rename or drop the other relation',
        })),
  },
  {
    id: 'sequence-name-ends',
    code: 'PF-3',
    severity: 'warning',
    waivable: true,
    phases: ['contract'],
    check: ({ facts }) =>
      facts.sequences.going
        .filter(({ schema, source }) => schema === source)
        .map((sequence) => ({
          on: qualified(oldName(sequence)),
          text: `no column owns it; it goes with its tables now, and nextval() by its old name fails from contract on`,
        })),
  },
  {
    id: 'identity-sequence',
    code: 'PF-3',
    severity: 'info',
    waivable: true,
    phases: ['switch'],
    check: ({ tables }) =>
      tables.flatMap((table) =>
        table.sequences
          .filter(({ kind }) => kind === 'identity')
          .map((sequence) => ({
            on: qualified(oldName(table)),
            text: `identity sequence ${ident(sequence.name)} moves with it: nextval, currval and setval by its old name fail from the switch on (the column itself goes on counting)`,
          })),
      ),
  },
  trait('deferrable-constraint', 'PF-8', 'info', 'deferrable', ({ name }) => ({
    text: `constraint ${name} is deferrable: SET CONSTRAINTS finds it by its name while its schema is on the search_path; SET CONSTRAINTS ALL always does`,
  })),
  trait('dependent', 'PF-9', 'info', 'dependent', ({ name }) => ({
    text: `${name} reads it and follows it to its new name`,
  })),
  {
    id: 'schema-usage',
    code: 'PF-13',
    severity: 'info',
    waivable: true,
    phases: ['expand'],
    check: schemaUsage,
  },
  trait('invalid-index', 'PF-16', 'warning', 'invalid index', ({ name }) => ({
    text: `index ${name} is not valid: a CREATE INDEX CONCURRENTLY failed or is under way; it moves as it is`,
    remedy: `reindex index concurrently ${name}, or drop it`,
  })),
  {
    id: 'defaults-copied',
    code: 'PF-17',
    severity: 'info',
    waivable: true,
    phases: ['expand'],
    check: ({ tables }) =>
      tables
        .map((table) => ({
          table,
          columns: table.columns.filter(
            (it) => it.default !== null && it.generated === '' && it.identity === '',
          ),
        }))
        .filter(({ columns }) => columns.length > 0)
        .map(({ table, columns }) => ({
          on: qualified(oldName(table)),
          text: `the view gets ${columns.length === 1 ? '1 default' : `${columns.length} defaults`} of its own; one that is changed on the table later must be changed on the view too`,
          evidence: columns.map(({ name, default: value }) => `${ident(name)}: ${value}`),
        })),
  },
  trait('name-shadowed', 'PF-20', 'warning', 'shadowed', ({ name }) => ({
    text: `${name} in its new schema has the same name as something that stays in the old one: with both on a search_path the first one is meant`,
  })),
]

function trait(
  id: string,
  code: Rule['code'],
  severity: Rule['severity'],
  kind: Trait['kind'],
  say: (trait: Trait) => Pick<Draft, 'text' | 'remedy'>,
): Rule {
  return {
    id,
    code,
    severity,
    waivable: true,
    phases: ['expand'],
    async check({ session, tables }) {
      const byOid = new Map(tables.map((table) => [table.relation, table]))
      const found = await readTraits(
        session,
        kind,
        tables.map(({ relation, source, target }) => ({ relation, source, target })),
      )
      return found.map((it) => ({ on: qualified(oldName(byOid.get(it.relation)!)), ...say(it) }))
    },
  }
}

/** Roles that have rights on the tables and will be let into their new schema. */
function schemaUsage({ tables, facts }: PreflightContext): Draft[] {
  const schemas = [...new Set(tables.map(({ target }) => target))]
  return schemas.flatMap((schema) => {
    const grantees = tables
      .filter(({ target }) => target === schema)
      .flatMap(({ grants }) => grants.map(({ grantee }) => grantee))
    const has = facts.schemas.get(schema)?.usage ?? []
    const lacking = [...new Set(grantees)].filter((grantee) => !has.includes(grantee))
    if (lacking.length === 0) return []
    return [
      {
        on: schema,
        text: `expand grants USAGE on it to ${lacking.length === 1 ? '1 role' : `${lacking.length} roles`} with rights on its tables`,
        evidence: lacking.map((grantee) => grantee ?? 'PUBLIC').toSorted(),
      },
    ]
  })
}
