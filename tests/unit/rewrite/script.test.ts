import { expect, test } from '@jest/globals'
import { splitScript } from '../../../src/rewrite/script.ts'

function split(text: string): string[] {
  return splitScript(text)
    .filter(({ isCommand }) => !isCommand)
    .map(({ start, end, commands }) => `${commands.length > 0 ? '!' : ''}${text.slice(start, end)}`)
}

test.each([
  ['select 1; select 2', ['select 1', 'select 2']],
  [
    'select \';\', $$;$$, $a$ ; $$ $a$, ";" /* ; /* ; */ ; */ -- ;\n; x',
    ['select \';\', $$;$$, $a$ ; $$ $a$, ";"', 'x'],
  ],
  [
    '\\set a 1\nselect 1 \\gset\nselect 2 \\g\nselect 3\\; select 4;',
    ['select 1', 'select 2', 'select 3', 'select 4'],
  ],
  ["\\echo it's\nselect 1;", ['select 1']],
  ["copy t from stdin;\n1\tit's\n\\.\nselect 1;", ['copy t from stdin', 'select 1']],
  [
    'copy t (a) from stdin with (format csv);\n\\.\nselect 1;',
    ['copy t (a) from stdin with (format csv)', 'select 1'],
  ],
  [
    'create rule r as on insert to t do (select 1; select 2); select 3',
    ['create rule r as on insert to t do (select 1; select 2)', 'select 3'],
  ],
  [
    'create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3',
    [
      'create function f() returns int begin atomic select case when true then 1 end; select 2; end',
      'select 3',
    ],
  ],
  ['begin; select 1; end; select 2', ['begin', 'select 1', 'end', 'select 2']],
  ['select 1\n\\set x 2\n+ 1;', ['!select 1\n\\set x 2\n+ 1']],
  ['-- nothing\n', []],
  ['\uFEFFselect 1;', ['select 1']],
])('%s', (text, expected) => {
  expect(split(text)).toEqual(expected)
})
