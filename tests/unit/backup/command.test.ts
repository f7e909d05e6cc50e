import { describe, expect, test } from '@jest/globals'
import { runCommand } from '../../../src/backup/command.ts'

/** A program that does what a shell script says; it stands for pg_dump. */
const shell = (script: string, more: readonly string[] = [], signal?: AbortSignal) =>
  runCommand({ program: '/bin/sh', args: ['-c', script, ...more], env: { PATH: '/usr/bin:/bin' }, signal })

describe('runCommand', () => {
  test('returns what the program wrote, and tells each line it said meanwhile', async () => {
    const lines: string[] = []
    const output = await runCommand({
      program: '/bin/sh',
      args: ['-c', 'echo one >&2; echo out; echo two >&2'],
      env: {},
      onLine: (line) => lines.push(line),
    })
    expect([output, lines]).toEqual(['out\n', ['one', 'two']])
  })

  test('a failure keeps the status, the reason and the last 20 lines', async () => {
    const script = `for n in $(seq 100); do echo "pg_dump: line $n" >&2; done
      echo 'pg_dump: error: no such thing' >&2; exit 3`
    await expect(shell(script)).rejects.toMatchObject({
      code: 'command-failed',
      message: 'sh failed: no such thing',
      detail: [
        expect.stringContaining('ran: /bin/sh -c '),
        'ended with status 3',
        ...Array.from({ length: 19 }, (_, n) => `pg_dump: line ${n + 82}`),
        'pg_dump: error: no such thing',
      ],
    })
    await expect(shell('kill -9 $$')).rejects.toMatchObject({
      detail: expect.arrayContaining(['ended with SIGKILL']),
    })
  })

  test('counts the tables of a long command instead of printing them', async () => {
    const many = Array.from({ length: 300 }, (_, n) => `--table="s"."t${n}"`)
    const failure = await shell('exit 1', many).catch((error: { detail: string[] }) => error.detail[0])
    expect(failure).toBe("ran: /bin/sh -c 'exit 1' (and --table for 300 tables)")
  })

  test('knows a full disk', async () => {
    const script = `echo 'pg_dump: error: could not write to file: No space left on device' >&2; exit 1`
    await expect(shell(script)).rejects.toMatchObject({ code: 'disk-full', state: { kind: 'resumable' } })
  })

  test('stops the program when told to, also before it began', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 50)
    await expect(shell('exec sleep 60', [], stop.signal)).rejects.toMatchObject({ code: 'interrupted' })
    await expect(shell('exit 0', [], AbortSignal.abort())).rejects.toMatchObject({ code: 'interrupted' })
  })

  test('a program that is not there is missing', async () => {
    const missing = runCommand({ program: '/nowhere/pg_dump', args: [], env: {} })
    await expect(missing).rejects.toMatchObject({
      code: 'tool-missing',
      message: 'cannot start /nowhere/pg_dump',
    })
  })
})
