import type { Context } from './context.ts'
import type { Finding } from './finding.ts'
import { pluralOf, snakeOf } from './words.ts'

/** How an ORM finds the table of a class by the name of the class alone. */
interface Convention {
  /** Its beginning; `name` is the name of the class. */
  readonly model: RegExp
  /** The tables that it may mean. */
  tables(name: string): readonly string[]
  /** What in the class says which table it is: then its name does not. */
  readonly unless: RegExp
  /** What in the file must be seen, where the beginning alone says too little. */
  readonly seen?: RegExp
  readonly cure: (schema: string, table: string) => string
}

const plural = (name: string): string[] => [pluralOf(snakeOf(name))]
const single = (name: string): string[] => [snakeOf(name), name.toLowerCase(), name]

const conventions: readonly Convention[] = [
  {
    model: /^[ \t]*class\s+(?:\w+::)*(?<name>\w+)\s*<\s*(?:::)?(?:ApplicationRecord|ActiveRecord::Base)\b/gm,
    tables: plural,
    unless: /\bself\.table_name\b|\babstract_class\b/,
    cure: (schema, table) => `self.table_name = "${schema}.${table}"`,
  },
  {
    model: /^class\s+(?<name>\w+)\((?:[\w.]+\s*,\s*)*models\.Model\b/gm,
    tables: (name) => [`*_${name.toLowerCase()}`],
    unless: /\bdb_table\b|\babstract\s*=\s*True\b|\bproxy\s*=\s*True\b|\bmanaged\s*=\s*False\b/,
    cure: (schema, table) => `db_table = '"${schema}"."${table}"'`,
  },
  {
    model: /^class\s+(?<name>\w+)\((?:[\w.]+\s*,\s*)*(?:db\.Model|SQLModel\s*,\s*table\s*=\s*True)\b/gm,
    tables: single,
    unless: /\b__tablename__\b|\b__abstract__\b/,
    cure: (schema) => `__table_args__ = {"schema": "${schema}"}`,
  },
  {
    model:
      /@(?:Entity|MappedEntity)\b(?:\(\s*\)|\(\s*\{(?![^}]*\b(?:name|tableName|schema)\b)[^}]*\}\s*\))?(?![\w(])(?:(?!\bclass\b|@Entity\b|@Table\s*\([^)]*\bname\b)[^])*?\bclass\s+(?<name>\w+)/g,
    tables: single,
    unless: /^$/,
    cure: (schema) => `its schema in the annotation, "${schema}"`,
  },
  {
    model: /#\[ORM\\Entity\b(?:(?!\bclass\b|ORM\\Table)[^])*?\bclass\s+(?<name>\w+)/g,
    tables: single,
    unless: /^$/,
    cure: (schema, table) => `#[ORM\\Table(name: '${table}', schema: '${schema}')]`,
  },
  {
    model: /\bclass\s+(?<name>\w+)\s+extends\s+(?:Model|Authenticatable|Pivot)\b/g,
    tables: plural,
    unless: /\$table\b/,
    seen: /Illuminate\\/,
    cure: (schema, table) => `protected $table = '${schema}.${table}';`,
  },
  {
    model: /\btype\s+(?<name>\w+)\s+struct\s*\{(?=[^}]*(?:\bgorm\.Model\b|gorm:"))/g,
    tables: plural,
    unless: /^$/,
    cure: (schema, table) => `TableName() that returns "${schema}.${table}"`,
  },
  {
    model: /\bDbSet<[\w.]+>\s+(?<name>\w+)/g,
    tables: (name) => [name, snakeOf(name), name.toLowerCase()],
    unless: /^$/,
    cure: (schema, table) => `ToTable("${table}", "${schema}")`,
  },
  {
    model: /\bobject\s+(?<name>\w+)\s*:\s*\w*Table\(\s*\)/g,
    tables: single,
    unless: /^$/,
    cure: (schema, table) => `Table("${schema}.${table}")`,
  },
  {
    model: /\b(?:define)\s*(?:<[^>]*>)?\(\s*["'`](?<name>\w+)["'`]/g,
    tables: (name) => [pluralOf(name), pluralOf(name).toLowerCase()],
    unless: /\btableName\b|\bfreezeTableName\b/,
    seen: /sequelize/i,
    cure: (schema) => `schema: '${schema}'`,
  },
  {
    model: /\bmodelName\s*:\s*["'`](?<name>\w+)["'`]/g,
    tables: (name) => [pluralOf(name), pluralOf(name).toLowerCase()],
    unless: /\btableName\b|\bfreezeTableName\b|\bschema\s*:/,
    seen: /sequelize/i,
    cure: (schema) => `schema: '${schema}'`,
  },
  {
    model: /\btable!\s*[{(]\s*(?<name>[a-z]\w*)\s*\(/g,
    tables: (name) => [name],
    unless: /^$/,
    cure: (schema, table) => `${schema}.${table} in table!`,
  },
  {
    model: /\b(?:bun|pg):"(?:table:)?(?<name>\w+)[,"]/g,
    tables: (name) => [name],
    unless: /^$/,
    seen: /uptrace\/bun|go-pg\/pg/,
    cure: (schema, table) => `${schema}.${table} in the tag`,
  },
]

const any =
  /ApplicationRecord|ActiveRecord::Base|models\.Model|db\.Model|SQLModel|@(?:Mapped)?Entity|ORM\\Entity|Illuminate\\|gorm|DbSet<|Table\(\s*\)|sequelize|table!|(?:bun|pg):"/i

/** Might a file have classes that an ORM finds the tables of by their names? */
export function mayBeModel(_context: Context, text: string): boolean {
  return any.test(text)
}

/** Classes whose tables move, and that do not say so: what they are called is no string, and nothing else would tell. */
export function modelsIn({ moves }: Context, text: string): Finding[] {
  if (!any.test(text)) return []
  return conventions.flatMap(({ model, tables, unless, seen, cure }) => {
    if (seen?.test(text) === false) return []
    const found = [...text.matchAll(model)]
    return found.flatMap((match, index): Finding[] => {
      const name = match.groups!['name']!
      const table = moved([...moves.names], tables(name))
      const body = text.slice(match.index, found[index + 1]?.index ?? text.length)
      const explicit = new RegExp(String.raw`\(\w*\s*\*?${name}\)\s+TableName\(`)
      const [, schema = ''] = /\bschema\s*[=:]\s*["'](\w+)/.exec(match[0]) ?? []
      if (moves.targets.has(schema)) return []
      if (table === undefined || unless.test(body) || explicit.test(text)) return []
      const start = match.index + match[0].lastIndexOf(name)
      const [source] = moves.sources
      const target = moves.find('relation', source!, table)?.target ?? [...moves.targets][0]!
      return [
        {
          kind: 'undecided',
          code: 'orm-model',
          name: table,
          start,
          end: start + name.length,
          reason: `by convention the table of ${name}; say where it is: ${cure(target, table)}`,
        },
      ]
    })
  })
}

/** The first name that moves; `*_x` is any with that end. */
function moved(names: readonly string[], tables: readonly string[]): string | undefined {
  for (const table of tables) {
    const found = table.startsWith('*')
      ? names.find((name) => name.endsWith(table.slice(1)) && !name.startsWith('_'))
      : names.find((name) => name === table)
    if (found !== undefined) return found
  }
  return undefined
}
