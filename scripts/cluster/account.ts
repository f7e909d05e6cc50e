import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The account that a server of ours runs under, when that is not the account we run under. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

let account: Promise<Account | undefined> | undefined

/**
 * Tells which account must run initdb and postgres: both refuse root, so root hands them to `postgres`,
 * or to `nobody` where no such user exists. Undefined means: run them as ourselves.
 */
export function serverAccount(): Promise<Account | undefined> {
  account ??= process.getuid?.() === 0 ? findAccount() : Promise.resolve(undefined)
  return account
}

async function findAccount(): Promise<Account> {
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]).catch(() => undefined)
    if (ids) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) }
  }
  throw new Error('PostgreSQL refuses to run as root and there is neither a user postgres nor a user nobody')
}

/**
 * Tells whether the server's account may enter a folder. As root we hand the server to an ordinary user, who
 * cannot pass through a closed folder such as /root; the error then would be a bare "permission denied".
 */
export async function isReachable(folder: string): Promise<boolean> {
  if (!(await serverAccount())) return true
  for (let path = resolve(folder); ; path = dirname(path)) {
    const status = await stat(path).catch(() => undefined)
    if (status && (status.mode & 0o001) === 0) return false
    if (path === dirname(path)) return true
  }
}

/** The environment for server programs: ours without the PG* variables that would redirect them. */
export function serverEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG[A-Z]|LC_|LANG)/.test(name))
  return { ...Object.fromEntries(kept), HOME: home, LC_ALL: 'C' }
}
