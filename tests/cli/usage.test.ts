import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { FreshDatabase } from '../support/database.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { Desk } from './desk.ts'
import { expectRefusal, hasJournal, watch, type Watched } from './refusal.ts'

let database: FreshDatabase
let desk: Desk
let watched: Watched

beforeAll(async () => {
  database = await sampleDatabase('cli_usage')
  desk = await Desk.open()
  await desk.sketch('shop.yaml', database.url, samplePlan)
  watched = await watch(database.url)
})

afterAll(async () => {
  expect(await hasJournal(database.url)).toBe(false)
  await desk[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** Wrong words of the command line; the first ones would change something if they were right. */
const slips: readonly [name: string, args: string[], message: RegExp, next?: RegExp][] = [
  [
    'a phase that there is not',
    ['execute', '--phase', '9', '--yes'],
    /--phase takes a phase from 1 to 4, not "9"/,
  ],
  ['phase 0', ['execute', '--phase', '0', '--yes'], /--phase takes a phase from 1 to 4, not "0"/],
  ['half a phase', ['execute', '--phase', '1.5', '--yes'], /not "1\.5"/],
  ['a phase by name', ['execute', '--phase', 'expand', '--yes'], /not "expand"/],
  ['an empty phase', ['execute', '--phase', '', '--yes'], /not ""/],
  ['a phase to go to that there is not', ['execute', '--to', '7', '--yes'], /--to takes a phase from 1 to 4/],
  ['a rollback beyond', ['rollback', '--to', '-1', '--yes'], /--to takes a phase from 0 to 4, not "-1"/],
  ['a rollback of phase 0', ['rollback', '--phase', '0', '--yes'], /--phase takes a phase from 1 to 4/],
  [
    'both --phase and --to',
    ['execute', '--phase', '1', '--to', '2', '--yes'],
    /say only one of --phase, --to, --all/,
  ],
  [
    'both in a rollback',
    ['rollback', '--phase', '1', '--to', '0', '--yes'],
    /say only one of --phase, --to$/,
  ],
  ['neither', ['execute', '--yes'], /say one of --phase, --to, --all/, /migrate status/],
  ['neither in a rollback', ['rollback', '--yes'], /say one of --phase, --to$/],
  [
    'a wait that is no duration',
    ['execute', '--phase', '1', '--yes', '--wait', 'long'],
    /--wait takes a duration/,
  ],
  ['a scream of no time', ['scream', '--for', '0s', '--yes'], /--for takes a time from 1s to 1d, not "0s"/],
  ['a scream without end', ['scream', '--for', '2d', '--yes'], /--for takes a time from 1s to 1d, not "2d"/],
  ['a watch that is no duration', ['observe', '--for', 'ever'], /--for takes a duration/],
  [
    'a service that there is not',
    ['scream', '--service', 'sale', '--yes'],
    /--service: the plan has no "sale" \(did you mean "sales"\?\)/,
  ],
  [
    'a table that there is not',
    ['observe', '--table', 'public.orders,public.user'],
    /--table: the plan has no "public\.user" \(did you mean "public\.users"\?\)/,
  ],
  ['an unknown probe', ['verify', '--only', 'contents'], /no probe "contents" \(did you mean "content"\?\)/],
  ['verify for a time that is none', ['verify', '--for', 'soon'], /--for takes a duration such as/],
  ['verify of a phase that there is not', ['verify', '--phase', '5'], /--phase takes a phase from 1 to 4/],
]

describe('wrong usage', () => {
  // Without a default, jest takes a fourth parameter that a row does not have for its callback `done`.
  test.each(slips)('%s', async (_name, args, message, next = /./) => {
    await expectRefusal(desk, args, { code: 'usage-invalid', exit: 2, message, next })
  })

  test.each([
    [
      'an unknown command',
      ['exeucte', '--phase', '1'],
      /unknown command 'exeucte'[^]*Did you mean execute\?/,
    ],
    [
      'an unknown option',
      ['execute', '--phase', '1', '--ye'],
      /unknown option '--ye'[^]*Did you mean --yes\?/,
    ],
    ['an option without its value', ['execute', '--phase'], /option '--phase <number>' argument missing/],
    ['a word too many', ['execute', '1'], /too many arguments/],
    ['no command at all', [], /Usage: migrate/],
  ])('%s', async (_name, args, said) => {
    const { code, stdout, stderr } = await desk.run(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(said)
  })

  test.each([
    ['an unknown command', ['exeucte']],
    ['an unknown option', ['status', '--ye']],
    ['an option without its value', ['execute', '--phase']],
  ])('%s is told as JSON to those who want JSON', async (_name, args) => {
    const { code, stdout } = await desk.run(['--json', ...args])
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'usage-invalid', exitCode: 2 } })
  })
})

describe('what wants a yes', () => {
  const nobody = { code: 'confirmation-missing', exit: 2 }

  test.each([
    ['execute', ['execute', '--phase', '1'], /^Execute phase 1 "expand"\? There is nobody to ask$/, /--yes/],
    [
      'contract',
      ['execute', '--all', '--yes'],
      /contract drops the old names, and whoever still uses one fails.* it wants the plan’s name typed$/,
      /--confirm shop/,
    ],
    [
      'contract, confirmed by another name',
      ['execute', '--phase', '4', '--confirm', 'Shop'],
      /--confirm says "Shop", not "shop"$/,
      /--confirm shop/,
    ],
    ['uninstall', ['uninstall', '--yes'], /it wants the plan’s name typed$/, /--confirm shop/],
    [
      'uninstall, confirmed by another name',
      ['uninstall', '--confirm', 'shops'],
      /"shops", not "shop"/,
      /shop/,
    ],
  ])('%s is not done without', async (_name, args, message, next) => {
    await expectRefusal(desk, args, { ...nobody, message, next }, { watched })
  })

  test('rollback is not done without', async () => {
    expect((await desk.run(['execute', '--phase', '1', '--yes'])).code).toBe(0)
    const begun = await watch(database.url)
    await expectRefusal(
      desk,
      ['rollback', '--to', '0'],
      { ...nobody, message: /^Undo phase 1 "expand"\? There is nobody to ask$/, next: /--yes/ },
      { watched: begun },
    )
    expect((await desk.run(['rollback', '--to', '0', '--yes'])).code).toBe(0)
    expect((await desk.run(['uninstall', '--confirm', 'shop'])).code).toBe(0)
  })

  test('a scream is not done without', async () => {
    expect((await desk.run(['execute', '--to', '2', '--yes'])).code).toBe(0)
    const begun = await watch(database.url)
    await expectRefusal(
      desk,
      ['scream', '--table', 'public.users'],
      { ...nobody, message: /^Take all privileges on public\.users for 60s\? /, next: /--yes/ },
      { watched: begun },
    )
    const { code, result } = await desk.json<{ names: unknown }>(['scream', '--for', '1s', '--yes'])
    expect([code, result.names]).toEqual([0, [{ name: 'public.users', triers: [] }]])
    const { stdout } = await desk.run(['observe', '--for', '1s'])
    expect(stdout).toMatch(
      /^watched for 1\.\d s\nold names \(1\):\n {2}public\.users {2}0 uses since .*no use seen/,
    )
    expect((await desk.run(['rollback', '--to', '0', '--yes'])).code).toBe(0)
    expect((await desk.run(['uninstall', '--confirm', 'shop'])).code).toBe(0)
  })

  test('a dry run is done without and changes nothing', async () => {
    const { code, stdout } = await desk.run(['execute', '--all', '--dry-run'])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/nothing was changed\n$/)])
    expect(stdout).toMatch(/alter table public\.users set schema accounts/i)
    expect(await watch(database.url)).toEqual(watched)
  })
})
