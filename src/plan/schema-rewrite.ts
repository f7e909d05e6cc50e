import { z } from 'zod'
import { text } from './schema-parts.ts'

function globs(what: string) {
  return z.array(text('A glob of files, from where the command is run.')).default([]).describe(what)
}

function calls(what: string) {
  return z
    .array(text('Name of a function or method, without what stands before its last dot.'))
    .default([])
    .describe(what)
}

/** How the files of a source tree are read by `migrate rewrite`. */
export const rewrite = z.strictObject({
  include: globs(
    'Files that are read though they would be left alone: applied migrations, code of others, SQL of other databases.',
  ),
  exclude: globs('Files that are not read.'),
  dialects: z
    .record(text('postgresql, or the name of another database.'), globs('Files with SQL of this database.'))
    .default({})
    .describe(
      'Files with SQL of other databases, which are left alone, by the name of the database; those under "postgresql" are read whatever they look like.',
    ),
  calls: z
    .strictObject({
      sql: calls('Functions that are given SQL.'),
      table: calls('Functions that are given the name of a table.'),
      text: calls('Functions that are given text for people, or whatever else is no name of a table.'),
    })
    .prefault({})
    .describe('Functions of your own that take SQL, names of tables, or neither.'),
  baseline: text('File of known findings, which do not fail --check.').optional(),
})
