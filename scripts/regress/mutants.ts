// Rewriters that are wrong in one way each: the suite must notice every one of them, or it proves nothing.
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Script from '../../src/rewrite/rewrite-script.ts'
import type * as Parsing from '../../src/sql/parser.ts'
import { rewriterWith, type Rewrite } from './rewritten.ts'
import type { Made, Spread } from './moved.ts'

interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

export const mutants: readonly Mutant[] = [
  {
    name: 'FOR UPDATE OF is given a schema',
    file: 'walk.ts',
    from: 'LockingClause: () => undefined,',
    to: 'LockingClause: (body, hidden, found) => visitFields(body, hidden, found),',
  },
  {
    name: 'common table expressions hide nothing',
    file: 'decide.ts',
    from: 'if (site.hidden.has(name)) return',
    to: 'if (false) return',
  },
  {
    name: 'types are left alone',
    file: 'decide.ts',
    from: "if (site.class === 'type' && builtInTypes.has(name))",
    to: "if (site.class === 'type')",
  },
  {
    name: 'bodies are left alone',
    file: 'statement.ts',
    from: 'if (body !== undefined)',
    to: 'if (false)',
  },
  {
    name: 'names in strings are left alone',
    file: 'names-in-strings.ts',
    from: "if (meaning === 'sql') return",
    to: 'return',
  },
  {
    name: 'SQL in strings is left alone',
    file: 'names-in-strings.ts',
    from: "if (meaning !== 'sql' || argumentOf === undefined) return []",
    to: "if (argumentOf !== '') return []",
  },
  {
    name: 'temporary tables are not followed',
    file: 'decide.ts',
    from: 'around.temporary.has(name)',
    to: 'false',
  },
  {
    name: 'search_path is not followed',
    file: 'effects.ts',
    from: "if (body['kind'] !== 'VAR_RESET_ALL' && body['name'] !== 'search_path') return around",
    to: 'return around',
  },
]

/** The rewriter with one mistake, from a copy of the sources. */
export async function mutated(
  { name, file, from, to }: Mutant,
  folder: string,
  made: Made,
  spread: Spread,
): Promise<Rewrite> {
  await rm(folder, { recursive: true, force: true })
  await cp(join(import.meta.dirname, '..', '..', 'src'), folder, { recursive: true })
  const path = join(folder, 'rewrite', file)
  const text = await readFile(path, 'utf8')
  if (text.split(from).length !== 2) throw new Error(`the mutant "${name}" does not fit ${file} any more`)
  await writeFile(
    path,
    text.replace(from, () => to),
  )
  const module = (of: string): Promise<unknown> => import(pathToFileURL(join(folder, of)).href)
  const script = (await module('rewrite/rewrite-script.ts')) as typeof Script
  const { Parser } = (await module('sql/parser.ts')) as typeof Parsing
  return rewriterWith(script.rewriteScript, await Parser.load(), made, spread)
}

/** What people do who have no parser: the word behind FROM, JOIN and the like. */
export function byRegularExpression(made: Made, schema: string): Rewrite {
  const names = Object.keys(made.relations)
    .filter((name) => /^[a-z_]\w*$/.test(name))
    .join('|')
  const keywords = 'from|join|into|update|table|view|sequence|index|on|truncate|references'
  const pattern = new RegExp(String.raw`\b(${keywords})(\s+)(${names})\b`, 'gi')
  return (_script, text) =>
    Promise.resolve({
      text: text.replaceAll(pattern, `$1$2${schema}.$3`),
      statements: 0,
      edits: [],
      mentions: [],
      unread: [],
    })
}
