import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { dollarQuoted, ident, literal, qualified, role } from '../../../src/pg/quoting.ts'

test.each([
  ['users', 'users'],
  ['_private2', '_private2'],
  ['user', '"user"'],
  ['Users', '"Users"'],
  ['2nd', '"2nd"'],
  ['a"b', '"a""b"'],
  ['größe', '"größe"'],
  ['', '""'],
  ['a b', '"a b"'],
  ['a$b', '"a$b"'],
])('ident(%j) is %s', (name, quoted) => {
  expect(ident(name)).toBe(quoted)
})

test('names with their schema, and roles', () => {
  expect(qualified({ schema: 'public', name: 'order' })).toBe('public."order"')
  expect(role(null)).toBe('PUBLIC')
  expect(role('public')).toBe('public')
  expect(role('Ana')).toBe('"Ana"')
})

test.each([
  ['plain', `'plain'`],
  [`it's`, `'it''s'`],
  ['back\\slash', `E'back\\\\slash'`],
])('literal(%j) is %s', (text, quoted) => {
  expect(literal(text)).toBe(quoted)
})

test('a dollar-quoted body ends where it is meant to', () => {
  expect(dollarQuoted('begin end')).toBe('$body$begin end$body$')
  expect(dollarQuoted('select $body$x$body$')).toBe('$body1$select $body$x$body$$body1$')
  const pieces = fc.array(fc.constantFrom('$', 'body', '$body$', '$body1$', '1', 'x', "'"))
  fc.assert(
    fc.property(pieces, (parts) => {
      const body = parts.join('')
      const quoted = dollarQuoted(body)
      const tag = /^\$body\d*\$/.exec(quoted)![0]
      // The first tag after the opening one is the closing one, and what is between is the body.
      expect(quoted.indexOf(tag, tag.length)).toBe(quoted.length - tag.length)
      expect(quoted.slice(tag.length, -tag.length)).toBe(body)
    }),
  )
})
