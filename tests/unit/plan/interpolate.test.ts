import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { escapeTemplate, interpolate } from '../../../src/plan/interpolate.ts'

const env = { A: 'a', EMPTY: '', NESTED: '${A}' }

test.each([
  ['${A}', 'a'],
  ['x${A}y${A}', 'xaya'],
  ['${UNSET:-d}', 'd'],
  ['${EMPTY:-d}', 'd'],
  ['${UNSET:-}', ''],
  ['${UNSET:-a:-b:?c}', 'a:-b:?c'],
  ['${A:-d}', 'a'],
  ['${A:?must be there}', 'a'],
  ['$${A}', '${A}'],
  ['$$${A}', '$${A}'],
  ['$A and $ and {A}', '$A and $ and {A}'],
  ['${NESTED}', '${A}'],
])('%s', (template, text) => {
  expect(interpolate(template, env)).toEqual({ text })
})

test('what is unset is named, all at once', () => {
  expect(interpolate('${X} ${EMPTY} ${Y:?say why} ${Z:?}', env)).toEqual({
    problems: [
      { variable: 'X', message: 'environment variable X is not set' },
      { variable: 'EMPTY', message: 'environment variable EMPTY is not set' },
      { variable: 'Y', message: 'environment variable Y is not set: say why' },
      { variable: 'Z', message: 'environment variable Z is not set' },
    ],
  })
  // A member that every object has is not a variable.
  expect(interpolate('${constructor}', env)).toHaveProperty('problems')
})

// Mostly the characters that mean something here.
const tricky = fc.string({ unit: fc.constantFrom('$', '{', '}', ':', '-', '?', 'A', 'é', '\n') })

test('an escaped text comes back as it was', () => {
  fc.assert(
    fc.property(tricky, (text) => {
      expect(interpolate(escapeTemplate(text), env)).toEqual({ text })
    }),
  )
})

test('a value is put in as it is, and is never in a problem', () => {
  fc.assert(
    fc.property(tricky, tricky, tricky, (before, value, after) => {
      fc.pre(!/\$$/.test(before))
      const secret = `secret${value}`
      expect(interpolate(`${escapeTemplate(before)}\${A}${escapeTemplate(after)}`, { A: secret })).toEqual({
        text: before + secret + after,
      })
      const other = interpolate(`\${A}\${${value}\${B}`, { A: 'secret' })
      // A value may happen to close its brace and make a text of it.
      if (!('text' in other)) expect(JSON.stringify(other)).not.toContain('secret')
    }),
  )
})
