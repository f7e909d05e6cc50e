import { describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { classify } from '../../../src/pg/classify.ts'
import { connectionError } from '../../../src/pg/connection-error.ts'
import { isConnectionLoss, isRetryable, sqlstate, stateOf } from '../../../src/pg/sqlstate.ts'

function serverError(code: string, message = 'from the server'): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code })
}

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code })
}

describe('SQLSTATEs', () => {
  test('are five characters, each with one meaning', () => {
    const states = Object.values(sqlstate)
    expect(new Set(states).size).toBe(states.length)
    for (const state of states) expect(state).toMatch(/^[0-9A-Z]{5}$/)
  })

  test('are read from errors of the server only', () => {
    expect(stateOf(serverError('55P03'))).toBe('55P03')
    expect(stateOf(systemError('ECONNRESET'))).toBeUndefined()
    for (const other of [undefined, null, 'text', { code: '55P03' }]) expect(stateOf(other)).toBeUndefined()
  })

  test.each([
    ['55P03', true, 'lock_timeout'],
    ['57014', true, 'statement_timeout'],
    ['40P01', true, 'a deadlock'],
    ['40001', true, 'a serialization failure'],
    ['42P01', false, 'an undefined table'],
    ['42501', false, 'a missing right'],
    ['53100', false, 'a full disk'],
    ['57P01', false, 'a shutdown'],
    ['XX000', false, 'an internal error'],
  ])('%s is tried again: %s (%s)', (state, isTriedAgain) => {
    expect(isRetryable(serverError(state))).toBe(isTriedAgain)
  })

  test('two changes of one catalog row are tried again', () => {
    for (const message of ['tuple concurrently updated', 'tuple concurrently deleted'])
      expect(isRetryable(serverError('XX000', message))).toBe(true)
    expect(isRetryable(new Error('tuple concurrently updated'))).toBe(false)
  })

  test.each(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04', '08006', '08P01'])(
    '%s ends the session',
    (state) => {
      expect(isConnectionLoss(serverError(state))).toBe(true)
      expect(isRetryable(serverError(state))).toBe(false)
    },
  )

  test.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETDOWN', 'ENOTFOUND'])(
    '%s ends the session',
    (code) => {
      expect(isConnectionLoss(systemError(code))).toBe(true)
    },
  )

  test('the driver’s own words for it count, a failed statement does not', () => {
    expect(isConnectionLoss(new Error('Connection terminated unexpectedly'))).toBe(true)
    expect(
      isConnectionLoss(new Error('Client has encountered a connection error and is not queryable')),
    ).toBe(true)
    expect(isConnectionLoss(serverError('42P01', 'connection terminated'))).toBe(false)
    expect(isConnectionLoss(new Error('no such file'))).toBe(false)
    for (const other of [undefined, null, 'text', 7]) expect(isConnectionLoss(other)).toBe(false)
  })
})

describe('classify', () => {
  test.each([
    [serverError('MG001'), 'lease-lost', 'resumable'],
    [serverError('53100'), 'disk-full', 'rolled-back'],
    [serverError('42501'), 'privilege-missing', 'rolled-back'],
    [serverError('57P01'), 'connection-lost', 'resumable'],
    [systemError('ECONNRESET'), 'connection-lost', 'resumable'],
  ])('%s is %s', (error, code, state) => {
    const known = classify(error, 'database "db" at db:5432/shop')!
    expect([known.code, known.state.kind]).toEqual([code, state])
    expect(known.next).not.toEqual([])
    expect(known.cause).toBe(error)
  })

  test.each([serverError('42P01'), serverError('55P03'), new Error('a bug'), undefined])(
    'what has to do with the statement, or is a bug, is left to others (%s)',
    (error) => {
      expect(classify(error)).toBeUndefined()
    },
  )
})

describe('connectionError', () => {
  const target = { alias: 'db', url: 'postgresql://me:hunter2@db.example:6000/shop' }

  test.each([
    [serverError('28P01'), 'the password is wrong'],
    [serverError('28000'), 'the server does not let this role in'],
    [serverError('3D000'), 'the database does not exist'],
    [serverError('53300'), 'the server has no connection left'],
    [serverError('57P03'), 'the server is starting, stopping or recovering'],
    [systemError('ECONNREFUSED'), 'nothing listens there'],
    [systemError('ENOTFOUND'), 'the host name is not known'],
    [systemError('ENOENT'), 'the socket does not exist'],
    [new Error('SASL: client password must be a string'), 'the server wants a password and none was given'],
    [new Error('timeout expired'), 'no answer within 10 s'],
    [new Error('something else'), 'something else'],
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'nothing listens there'],
  ])('%s: %s', (error, reason) => {
    const failure = connectionError(target, error)
    expect(failure).toMatchObject({ code: 'connection-failed', exitCode: 9, state: { kind: 'untouched' } })
    expect(failure.message).toBe(`cannot connect to database "db" at db.example:6000/shop: ${reason}`)
    expect(failure.next).not.toEqual([])
    expect(JSON.stringify(failure)).not.toContain('hunter2')
  })

  test('a wrong password is not advised against with pg_isready', () => {
    expect(connectionError(target, serverError('28P01')).next.join()).toMatch(/password/)
    expect(connectionError(target, systemError('ECONNREFUSED')).next[0]).toBe(
      'pg_isready -h db.example -p 6000',
    )
  })
})
