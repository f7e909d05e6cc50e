import { expect, test } from '@jest/globals'
import { Names } from '../../../src/hosts/names.ts'
import { Moves } from '../../../src/rewrite/moves.ts'

const names = new Names(
  new Moves(
    ['users', 'us-ers', 'a.b', 'o"ne', '사용자'].map((name) => ({
      class: 'relation',
      schema: 'public',
      name,
      target: 'app',
    })),
  ),
)

test.each([
  ['{users}', ['users']],
  ['"users", \\users and USERS', ['users', 'users', 'USERS']],
  ['pusers Lusers xusers usersx users_id $users 사users', []],
  ['us-ers a.b axb o"ne', ['us-ers', 'a.b', 'o"ne']],
  ['사용자 사용자의', ['사용자']],
])('whole words of %s', (text, found) => {
  expect(names.wordsIn(text).map(({ name }) => name)).toEqual(found)
})
