import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { Names } from '../../../src/hosts/names.ts'
import { Moves } from '../../../src/rewrite/moves.ts'
import { Rewriter } from './rewriter.ts'

let rewriter: Rewriter

beforeAll(async () => {
  rewriter = await Rewriter.open()
})

afterAll(() => rewriter.close())

const word = fc.constantFrom(
  ...[
    'select',
    'from',
    'join',
    'update',
    'set',
    'where',
    'insert into',
    'delete from',
    'values (1)',
    'a',
    '*',
    '=',
    ',',
  ],
  ...[
    'users',
    'public.users',
    'orders',
    'other.users',
    'users.id',
    '"users"',
    `'users'`,
    '%s',
    '$1',
    ':n',
    '?',
    '--',
    '한국',
    '{x}',
    '(',
  ],
)
const sql = fc.oneof(
  fc.array(word, { maxLength: 12 }).map((words) => words.join(' ')),
  fc.constantFrom(
    'select * from users where a = 1',
    'insert into public.users values (%s)',
    'delete from orders using users',
  ),
)

/** A string of each language, as it is written. */
const written: Readonly<Record<string, (text: string) => string>> = {
  '.py': (text) => `f"""${text.replaceAll(/["\\]/g, '\\$&')}"""`,
  '.ts': (text) => `\`${text.replaceAll(/[`\\$]/g, '\\$&')} \${x}\``,
  '.java': (text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`,
  '.rb': (text) => `"${text.replaceAll(/["\\#]/g, '\\$&')}"`,
  '.php': (text) => `'${text.replaceAll(/['\\]/g, '\\$&')}'`,
}

const around: Readonly<Record<string, (strings: readonly string[]) => string>> = {
  '.py': (strings) => strings.map((string, n) => `a${n} = ${string}\ncur.execute(${string}, [1])`).join('\n'),
  '.ts': (strings) =>
    strings.map((string, n) => `const a${n} = ${string} + b\ndb.query(${string})`).join('\n'),
  '.java': (strings) =>
    `class A { ${strings.map((string, n) => `String a${n} = ${string} + x;`).join('\n')} }`,
  '.rb': (strings) => strings.map((string, n) => `a${n} = ${string}\nconn.exec(${string})`).join('\n'),
  '.php': (strings) =>
    `<?php ${strings.map((string, n) => `$a${n} = ${string} . $b; $db->query(${string});`).join('\n')}`,
}

const source = fc
  .tuple(fc.constantFrom(...Object.keys(written)), fc.array(sql, { minLength: 1, maxLength: 3 }))
  .map(([extension, texts]) => ({ extension, text: around[extension]!(texts.map(written[extension]!)) }))

const names = new Names(
  new Moves(
    ['users', 'orders'].map((name) => ({ class: 'relation', schema: 'public', name, target: 'app' })),
  ),
)

test('rewriting twice is rewriting once; only schemas come and go; every name in a string has a finding', async () => {
  await fc.assert(
    fc.asyncProperty(source, async ({ extension, text }) => {
      const once = await rewriter.rewrite(extension, text, 'low')
      const twice = await rewriter.rewrite(extension, once.text, 'low')
      expect(twice.text).toBe(once.text)
      const bare = (it: string): string => it.replaceAll(/\b(?:app|public)\./g, '')
      expect(bare(once.text)).toBe(bare(text))
      // All names of these sources are in strings.
      const missed = names
        .wordsIn(text)
        .filter(
          ({ start }) => !once.findings.some((finding) => finding.start <= start && start < finding.end),
        )
      expect(missed).toEqual([])
    }),
    { numRuns: 120 },
  )
})
