import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from '../../scripts/cluster/programs.ts'
import { sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import { Desk, migrate, plain } from './desk.ts'

const escape = '\u001B'

let database: FreshDatabase
let desk: Desk

beforeAll(async () => {
  database = await sampleDatabase('cli_output')
  desk = await Desk.open()
  await desk.sketch('shop.yaml', database.url, samplePlan)
})

afterAll(async () => {
  await desk[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

describe('help', () => {
  const commands = [
    [],
    ['init'],
    ['plan'],
    ['status'],
    ['verify'],
    ['compare'],
    ['execute'],
    ['rollback'],
    ['observe'],
    ['scream'],
    ['resolver'],
    ['resolver', 'snapshot'],
    ['resolver', 'generate'],
    ['backup'],
    ['backup', 'list'],
    ['backup', 'verify'],
    ['rewrite'],
    ['uninstall'],
  ]

  test.each(commands.map((command) => [['migrate', ...command].join(' '), command]))(
    'of %s',
    async (name, command) => {
      const { code, stdout, stderr } = await desk.run([...(command as string[]), '--help'])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toContain(`Usage: ${name as string} `)
      expect(stdout).toContain('--json')
    },
  )

  test('names every command, and there is a version', async () => {
    const { stdout } = await desk.run(['--help'])
    for (const [command] of commands)
      if (command !== undefined) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    expect(await desk.run(['--version'])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    })
  })
})

describe('results', () => {
  test('of plan are the same byte for byte, as text, as SQL and as JSON', async () => {
    for (const args of [
      ['plan'],
      ['plan', '--sql'],
      ['plan', '--json'],
      ['execute', '--all', '--dry-run', '--json'],
    ]) {
      const [one, two] = [await desk.run(args), await desk.run(args)]
      expect([one.code, one.stderr]).toEqual([0, ''])
      expect(one.stdout).toBe(two.stdout)
    }
  })

  test('are one JSON document on standard output, events JSON lines on standard error', async () => {
    interface Result {
      phases?: { number: number; name: string; kind: string; steps: unknown[] }[]
      plan?: string
      ok?: boolean
      undone?: { number: number }[]
    }
    const planned = await desk.json<Result>(['plan'])
    expect(planned.result.phases?.map(({ number, kind }) => [number, kind])).toEqual([
      [1, 'expand'],
      [2, 'switch'],
      [3, 'switch'],
      [4, 'contract'],
    ])
    expect(planned.result.phases?.every(({ name, steps }) => name !== '' && steps.length > 0)).toBe(true)

    const executed = await desk.json<Result>(['execute', '--to', '2', '--yes'])
    expect([executed.code, executed.result.plan]).toEqual([0, 'shop'])
    expect(executed.result.phases?.map(({ number }) => number)).toEqual([1, 2])
    const types = executed.events.map(({ type }) => type)
    for (const type of ['run:start', 'phase:start', 'step:start', 'step:end', 'phase:end', 'run:end'])
      expect(types).toContain(type)
    expect(executed.events.map(({ sequence }) => sequence)).toEqual(
      executed.events.map((_, index) => index + 1),
    )
    expect(
      executed.events.every(({ at, format }) => format === 1 && !Number.isNaN(Date.parse(at as string))),
    ).toBe(true)

    const status = await desk.json<Result & { next: string[]; run: { state: string } }>(['status'])
    expect([status.code, status.result.run.state, status.result.phases?.length]).toEqual([0, 'active', 4])
    expect(status.result.next).toEqual(['migrate execute --phase 3', 'migrate rollback --phase 2'])

    const verified = await desk.json<Result>(['verify'])
    expect([verified.code, verified.result.ok]).toEqual([0, true])

    const backups = await desk.json<{ backups: unknown[] }>(['backup', 'list'])
    expect([backups.code, backups.result.backups]).toEqual([0, []])

    const undone = await desk.json<Result>(['rollback', '--to', '0', '--yes'])
    expect([undone.code, undone.result.undone?.map(({ number }) => number)]).toEqual([0, [2, 1]])
    const removed = await desk.json<{ removed: boolean }>(['uninstall', '--confirm', 'shop'])
    expect([removed.code, removed.result.removed]).toEqual([0, true])
  })

  test('tell what comes next, and --quiet leaves nothing else', async () => {
    const quiet = await desk.run(['execute', '--phase', '1', '--yes', '--quiet'])
    expect([quiet.code, quiet.stderr]).toEqual([0, ''])
    expect(quiet.stdout).toMatch(
      /^phase 1 "expand": done in .*\nnext: migrate verify, then migrate execute --phase 2\n$/,
    )
    const undone = await desk.run(['rollback', '--phase', '1', '--yes'])
    expect(undone.stdout).toMatch(/^phase 1 "expand": undone in .*\nnext: migrate status/)
  })

  test('a difference found by verify is exit 5', async () => {
    await using other = await freshDatabase('cli_differs', database.name)
    await using here = await Desk.open()
    await here.sketch('shop.yaml', other.url, { ...samplePlan, name: 'differs' })
    expect((await here.run(['execute', '--to', '2', '--yes'])).code).toBe(0)
    await sql(other.url, 'alter view public.users alter column state drop default')
    const { code, result } = await here.json<{ ok: boolean; probes: { id: string; findings: unknown[] }[] }>([
      'verify',
    ])
    expect([code, result.ok]).toEqual([5, false])
    expect(result.probes.find(({ id }) => id === 'names')?.findings).not.toEqual([])
    const shown = await here.run(['verify', '--only', 'names'])
    expect([shown.code, shown.stdout]).toEqual([
      5,
      expect.stringMatching(/✗ names: .*\n +error names on public\.users/),
    ])
  })
})

describe('colour and movement', () => {
  const commands = [
    ['plan'],
    ['status'],
    ['execute', '--phase', '9', '--yes'],
    ['execute', '--phase', '1', '--yes', '-v'],
  ]

  test('are not for pipes, nor with NO_COLOR or --no-color', async () => {
    for (const args of commands) {
      const { stdout, stderr } = await desk.run(args)
      expect(stdout + stderr).not.toContain(escape)
    }
    expect((await desk.run(['rollback', '--to', '0', '--yes'])).code).toBe(0)
  })

  test('are for terminals: a spinner on a line of its own, and every step stays to be read', async () => {
    const script = await findProgram('script')
    if (script === undefined || process.platform !== 'linux') {
      process.stderr.write('\nSKIPPED: script is not installed (a spinner in a terminal)\n')
      return
    }
    const inTerminal = async (
      args: string[],
      env: NodeJS.ProcessEnv = {},
      size = 'cols 120 rows 40',
    ): Promise<string> => {
      // A run that never ends is ended, with what it writes, before the test is.
      const line = ['timeout', '-s', 'KILL', '20', process.execPath, migrate, ...args]
        .map((word) => `'${word}'`)
        .join(' ')
      const { stdout } = await promisify(execFile)(script, ['-qec', `stty ${size}; ${line}`, '/dev/null'], {
        cwd: desk.dir,
        env: { ...plain(process.env), TERM: 'xterm', ...env },
      })
      return stdout
    }
    const shown = await inTerminal(['execute', '--phase', '1', '--yes'])
    expect(shown).toContain(`${escape}[`)
    const lines = visible(shown)
    expect(lines).toContain('✔ create schema accounts and its grants')
    expect(lines).toContain('✔ facade view accounts.users over public.users')
    expect(lines.find((line) => line.startsWith('phase 1 "expand": done in'))).toBeDefined()
    expect(lines.at(-1)).toMatch(/^next: migrate verify/)
    // The cursor is there again.
    expect(shown.lastIndexOf(`${escape}[?25h`)).toBeGreaterThanOrEqual(shown.lastIndexOf(`${escape}[?25l`))

    const plainly = await inTerminal(['rollback', '--to', '0', '--yes'], { NO_COLOR: '1', CI: '1' })
    expect(plainly).not.toContain(escape)
    // A terminal without a size, which is what programs give that only pretend to be one.
    const sizeless = await inTerminal(['execute', '--phase', '1', '--yes'], {}, 'cols 0 rows 0')
    expect(sizeless).toMatch(/^phase 1 "expand": done in/m)
    expect((await desk.run(['rollback', '--to', '0', '--yes'])).code).toBe(0)
    const coloured = await inTerminal(['plan'])
    expect(coloured).toContain(`${escape}[1m`)
    expect(await inTerminal(['plan', '--no-color'])).not.toContain(escape)
    expect(await inTerminal(['plan'], { NO_COLOR: '1' })).not.toContain(escape)
  })
})

/** The lines that stay on the screen: what is written over or erased is gone. */
function visible(shown: string): string[] {
  return shown
    .split(/\r?\n/)
    .map((line) => {
      const last = line
        .split(new RegExp(`\\r|${escape}\\[(?:1?G|2?K|\\d*A)`))
        .findLast((part) => strip(part) !== '')
      return strip(last ?? '').trimEnd()
    })
    .filter((line) => line !== '')
}

function strip(text: string): string {
  return text.replaceAll(new RegExp(`${escape}\\[[?0-9;]*[A-Za-z]`, 'g'), '')
}
