import { describe, expect, test } from '@jest/globals'
import { readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import fc from 'fast-check'
import { phaseNumber, onlyOne } from '../../../src/cli/phases.ts'
import { asMigrateError, renderError } from '../../../src/cli/render/error.ts'
import { progress, seconds, sentence } from '../../../src/cli/render/sentence.ts'
import { table } from '../../../src/cli/render/table.ts'
import { MigrateError } from '../../../src/errors/migrate-error.ts'
import type { MigrateEvent } from '../../../src/events/event.ts'
import { planFor } from '../../support/plan.ts'

// eslint-disable-next-line no-control-regex -- colours are not what these tests are about
const colours = /\u001B\[[0-9;]*m/g

describe('table', () => {
  test('pads to the widest cell, but not the last', () => {
    expect(
      table([
        ['1', 'expand', 'done'],
        ['12', 'x', 'pending, for long'],
      ]),
    ).toBe('  1   expand  done\n  12  x       pending, for long')
  })

  test('takes rows of unequal length, colours, and letters of several bytes', () => {
    expect(table([['a'], ['bb', 'c']], '')).toBe('a\nbb  c')
    expect(
      table(
        [
          ['\u001B[32mok\u001B[39m', 'x'],
          ['four', 'y'],
        ],
        '',
      ),
    ).toBe('\u001B[32mok\u001B[39m    x\nfour  y')
    expect(
      table(
        [
          ['größe', 'x'],
          ['a', 'y'],
        ],
        '',
      ),
    ).toBe('größe  x\na      y')
    expect(table([])).toBe('')
  })

  test('has no blanks at the end of a line', () => {
    const cells = fc.array(fc.array(fc.string({ unit: fc.constantFrom('a', ' ', 'ü', '|') })))
    fc.assert(fc.property(cells, (rows) => expect(table(rows)).not.toMatch(/ $/m)))
  })
})

describe('seconds', () => {
  test.each([
    [0, '0 ms'],
    [0.4, '0 ms'],
    [999, '999 ms'],
    [1000, '1.0 s'],
    [59_940, '59.9 s'],
    [60_000, '1 min 0 s'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h 0 min'],
    [86_400_000, '24 h 0 min'],
    [172_800_000, '2.0 days'],
    [604_800_000, '7.0 days'],
  ])('%d ms is %s', (ms, text) => {
    expect(seconds(ms)).toBe(text)
  })

  test.each([999.6, 59_960, 119_600, 3_599_700, 7_199_000])('%d ms is not 1000 ms, 60 s or 60 min', (ms) => {
    expect(seconds(ms)).not.toMatch(/^1000 ms|\b60(\.0)? (s|min)$/)
  })
})

describe('progress', () => {
  const event = { type: 'progress', subject: 'content', unit: 'tables' } as const

  test('tells share, rate and what is left', () => {
    expect(progress({ ...event, done: 3, total: 7, rate: 1.26, etaMs: 3175 })).toBe(
      'content: 3 of 7 tables (42 %), 1.3 tables/s, 3.2 s left',
    )
    expect(progress({ ...event, done: 7, total: 7, rate: 20, etaMs: 0 })).toBe(
      'content: 7 of 7 tables (100 %), 20 tables/s',
    )
    expect(progress({ ...event, done: 0, total: 0, rate: 0, etaMs: null })).toBe(
      'content: 0 of 0 tables (100 %), 0.0 tables/s',
    )
  })
})

describe('sentence', () => {
  const shown = (event: MigrateEvent, isVerbose = false): string | undefined =>
    sentence(event, isVerbose)?.replaceAll(colours, '')

  test('for people, steps; with --verbose also actions and their SQL', () => {
    expect(shown({ type: 'phase:start', phase: 2, name: 'switch a', direction: 'undo', steps: 3 })).toBe(
      'undoing phase 2 "switch a", 3 steps',
    )
    const action: MigrateEvent = {
      type: 'action:start',
      step: 's',
      action: 'a',
      sentence: 'swap',
      sql: ['select 1'],
    }
    expect(shown(action)).toBeUndefined()
    expect(shown(action, true)).toBe('    swap\n      select 1;')
    expect(
      shown({
        type: 'action:retry',
        step: 's',
        action: 'a',
        attempt: 2,
        reason: 'locked',
        waitMs: 80,
        blockers: ['pid 7'],
      }),
    ).toBe('    try 2: locked; again in 80 ms\n      pid 7')
    expect(shown({ type: 'notice', level: 'warning', text: 'mind' })).toBe('warning mind')
    expect(shown({ type: 'probe:end', probe: 'parity', ok: false, findings: 2 })).toBe(
      '    parity: 2 findings',
    )
  })
})

describe('renderError', () => {
  test('has what, where, why, state and next in this order', () => {
    const error = new MigrateError('plan-invalid', 'it is wrong', {
      detail: ['one', 'two'],
      next: ['first', 'second'],
      place: { file: 'plans/x.yaml', line: 3, column: 7 },
    })
    expect(renderError(error).replaceAll(colours, '').split('\n')).toEqual([
      'error[plan-invalid]: it is wrong',
      '  at    plans/x.yaml:3:7',
      '  why   one',
      '        two',
      '  state nothing was changed',
      '  next  first',
      '        second',
      '  docs  docs/errors.md#plan-invalid',
    ])
  })

  test('anything unknown is a bug of the tool, with its trace in a file', () => {
    const known = new MigrateError('lease-held', 'x')
    expect(asMigrateError(known)).toBe(known)
    for (const thrown of [new Error('oops'), 'oops', undefined]) {
      const bug = asMigrateError(thrown)
      expect(bug).toMatchObject({ code: 'internal', exitCode: 1, state: { kind: 'unknown' } })
      const file = /the trace is in (.*error\.txt)$/.exec(bug.detail[0]!)![1]!
      expect(readFileSync(file, 'utf8')).toContain(thrown instanceof Error ? 'Error: oops' : String(thrown))
      rmSync(dirname(file), { recursive: true })
    }
  })
})

describe('phases on the command line', () => {
  const plan = planFor('postgres://localhost/shop', { services: { a: ['x'], b: ['y'] } })

  test.each([
    ['1', 1],
    ['4', 4],
  ])('--phase %s', (text, number) => {
    expect(phaseNumber(plan, text, '--phase')).toBe(number)
  })

  test.each(['0', '5', '-1', '1.5', 'expand', '', ' ', 'NaN', '1e9'])('--phase %j is wrong usage', (text) => {
    expect(() => phaseNumber(plan, text, '--phase')).toThrow(
      expect.objectContaining({
        code: 'usage-invalid',
        message: `--phase takes a phase from 1 to 4, not "${text}"`,
      }),
    )
  })

  test('exactly one option', () => {
    expect(onlyOne({ phase: '1' }, ['phase', 'to'])).toBe('phase')
    expect(() => onlyOne({}, ['phase', 'to'])).toThrow('say one of --phase, --to')
    expect(() => onlyOne({ phase: '1', to: '2' }, ['phase', 'to'])).toThrow('say only one of --phase, --to')
  })
})
