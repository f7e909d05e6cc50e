import { describe, expect, test } from '@jest/globals'
import { errorCodes, type ErrorCode } from '../../../src/errors/codes.ts'
import { isMigrateError, MigrateError } from '../../../src/errors/migrate-error.ts'
import { didYouMean } from '../../../src/errors/suggest.ts'

describe('MigrateError', () => {
  test('fills in what is not said', () => {
    const error = new MigrateError('lease-held', 'someone is at work')
    expect(error).toMatchObject({
      name: 'MigrateError',
      message: 'someone is at work',
      detail: [],
      next: [],
      exitCode: 7,
      docs: 'docs/errors.md#lease-held',
      state: { kind: 'untouched', sentence: 'nothing was changed' },
    })
    expect(error.cause).toBeUndefined()
  })

  test('keeps its cause, but does not print it', () => {
    const cause = new Error('with a secret')
    const error = new MigrateError('internal', 'oops', { cause, state: { kind: 'unknown' } })
    expect(error.cause).toBe(cause)
    expect(JSON.stringify(error)).not.toContain('secret')
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'internal',
      message: 'oops',
      detail: [],
      state: { kind: 'unknown', sentence: expect.stringContaining('migrate status') },
      next: [],
      exitCode: 1,
      docs: 'docs/errors.md#internal',
    })
  })

  test('is known by its brand, so also from another copy of the package', () => {
    expect(isMigrateError(new MigrateError('internal', ''))).toBe(true)
    expect(isMigrateError({ [Symbol.for('pg-relocate.error')]: true })).toBe(true)
    for (const other of [new Error('x'), { code: 'internal' }, null, undefined, 'internal'])
      expect(isMigrateError(other)).toBe(false)
  })

  test('has an exit code that shells can tell from success for every code', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const { exitCode } = new MigrateError(code, '')
      expect([code, exitCode >= 1 && exitCode <= 255]).toEqual([code, true])
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
    }
  })
})

test.each([
  ['ordres', ['users', 'orders'], ' (did you mean "orders"?)'],
  ['user', ['orders', 'users'], ' (did you mean "users"?)'],
  ['invoices', ['users', 'orders'], ''],
  ['a', ['b'], ' (did you mean "b"?)'],
  ['ab', ['cd'], ''],
  ['anything', [], ''],
])('didYouMean(%j, %j) is %j', (word, candidates, hint) => {
  expect(didYouMean(word, candidates)).toBe(hint)
})
