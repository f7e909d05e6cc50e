import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findDumpTools, searchFolders } from '../../../src/backup/tool.ts'

let home: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'dump-tools-'))
})

afterAll(() => rm(home, { recursive: true }))

/** A folder with programs that tell a version and do nothing else. */
async function installed(version: string, programs = ['pg_dump', 'pg_restore']): Promise<string> {
  const folder = await mkdtemp(join(home, 'bin-'))
  await mkdir(folder, { recursive: true })
  for (const name of programs) {
    const script = `#!/bin/sh\necho '${name} (PostgreSQL) ${version} (Debian)'\n`
    await writeFile(join(folder, name), script, { mode: 0o755 })
  }
  return folder
}

describe('findDumpTools', () => {
  test('takes the nearest major that is not older than the server', async () => {
    const [newest, near, old] = [await installed('18.1'), await installed('16.4'), await installed('14.2')]
    expect(await findDumpTools(15, {}, [newest, old, near])).toEqual({
      pgDump: join(near, 'pg_dump'),
      pgRestore: join(near, 'pg_restore'),
      version: '16.4',
    })
    expect((await findDumpTools(14, {}, [newest, near, old])).version).toBe('14.2')
  })

  test('takes the first of the same major, and PG_BIN before all others if it fits', async () => {
    const [chosen, first, second] = [
      await installed('18beta1'),
      await installed('16.4'),
      await installed('16.9'),
    ]
    expect((await findDumpTools(16, {}, [first, second])).version).toBe('16.4')
    const env = { PG_BIN: chosen }
    expect((await findDumpTools(16, env, [chosen, first])).version).toBe('18beta1')
    expect((await findDumpTools(16, { PG_BIN: first }, [first, chosen])).version).toBe('16.4')
    expect((await findDumpTools(17, { PG_BIN: first }, [first, chosen])).version).toBe('18beta1')
  })

  test('names what it found and what to install when nothing fits', async () => {
    const old = await installed('14.2')
    const half = await installed('17.0', ['pg_dump'])
    await expect(findDumpTools(17, {}, [old, half, join(home, 'nowhere')])).rejects.toMatchObject({
      code: 'tool-missing',
      message: 'no pg_dump here can dump a PostgreSQL 17 server',
      detail: [`${join(old, 'pg_dump')} is of version 14.2`],
      next: [
        'apt-get install postgresql-client-17',
        'or set PG_BIN to the folder that holds such a pg_dump and pg_restore',
      ],
      state: { kind: 'untouched' },
    })
    await expect(findDumpTools(17, {}, [])).rejects.toMatchObject({
      detail: ['no folder searched has both pg_dump and pg_restore'],
    })
  })

  test('looks into PG_BIN first and into PATH last', async () => {
    const folders = await searchFolders({ PG_BIN: '/chosen', PATH: '/somewhere:/elsewhere' })
    expect(folders[0]).toBe('/chosen')
    expect(folders.slice(-2)).toEqual(['/somewhere', '/elsewhere'])
  })
})
