import { describe, expect, test } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ended, isAlive, until } from '../support/process.ts'

describe('when the process that started a cluster is gone', () => {
  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('by %s, so are server and folder', async (signal) => {
    const owner = await spawnOwner()
    owner.process.kill(signal)
    await ended(owner.process)
    await until(() => !existsSync(owner.dir) && !isAlive(owner.pid))
  })

  test('by SIGKILL in the middle of initdb, nothing stays', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'initdb-'))
    // Open to the account that runs the server when we are root.
    chmodSync(scratch, 0o777)
    try {
      const owner = spawnScript({ TMPDIR: scratch })
      await until(() => clusterFolders(scratch).some((dir) => existsSync(join(dir, 'data', 'PG_VERSION'))))
      owner.kill('SIGKILL')
      await until(() => clusterFolders(scratch).length === 0)
      // An initdb that lived on would make its folder anew.
      await delay(300)
      expect(clusterFolders(scratch)).toEqual([])
    } finally {
      rmSync(scratch, { recursive: true })
    }
  })

  test('a process ends by itself after destroy', async () => {
    const owner = await spawnOwner({ DESTROY: '1' })
    expect(await ended(owner.process)).toBe(0)
    expect(existsSync(owner.dir)).toBe(false)
  })
})

const OWNER = fileURLToPath(new URL('../support/cluster-owner.ts', import.meta.url))

function spawnScript(env: NodeJS.ProcessEnv): ChildProcess {
  // Node itself, not the tsx command: a signal has to hit the owner and no wrapper.
  const args = ['--import', 'tsx', OWNER]
  return spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function spawnOwner(
  env: NodeJS.ProcessEnv = {},
): Promise<{ process: ChildProcess; dir: string; pid: number }> {
  const child = spawnScript(env)
  const [line] = (await once(child.stdout!, 'data')) as [Buffer]
  return { process: child, ...(JSON.parse(line.toString()) as { dir: string; pid: number }) }
}

function clusterFolders(parent: string): string[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith('pg-relocate-'))
    .map((name) => join(parent, name))
}
