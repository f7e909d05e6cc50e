import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { accessCluster, type ClusterAccess } from './access.ts'
import { findServer, type ServerBinaries } from './binaries.ts'
import { freePort, initialise, writeSettings } from './data-folder.ts'
import { end, hasEnded, launch, tail } from './server.ts'
import { startWatchdog } from './watchdog.ts'

/** A PostgreSQL server of its own, in a temporary folder, that vanishes with the process that started it. */
export interface Cluster extends ClusterAccess, AsyncDisposable {
  /** The postmaster's process id; undefined while the server is stopped. */
  readonly pid: number | undefined
  /** Stops the server: `fast` ends its sessions in order, `immediate` is a crash to them, `kill` is SIGKILL. */
  stop(mode?: StopMode): Promise<void>
  /** Starts the server again on the same data and the same port, also after its process was killed. */
  start(): Promise<void>
  /** Ends the server and removes its folder. May be called again. */
  destroy(): Promise<void>
}

export type StopMode = 'fast' | 'immediate' | 'kill'

export interface ClusterOptions {
  /** Settings of postgresql.conf; they win over ours, except for the port. */
  readonly settings?: Readonly<Record<string, string>>
  readonly binaries?: ServerBinaries
  /** `trust` by default; with `scram-sha-256` every login needs a password. */
  readonly auth?: 'trust' | 'scram-sha-256'
  /** The superuser's password under `scram-sha-256`; a random one by default. */
  readonly password?: string
  /** Leaves the server running and its folder in place, and says where. */
  readonly keep?: boolean
  readonly log?: (line: string) => void
}

/** Creates and starts a cluster. Takes about two seconds. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const binaries = options.binaries ?? (await findServer())
  const auth = options.auth ?? 'trust'
  const password = auth === 'trust' ? undefined : (options.password ?? randomBytes(12).toString('hex'))
  const folder = await initialise({
    binaries,
    auth,
    password,
    watch: options.keep ? undefined : startWatchdog,
  })
  const { dir, data, log, watchdog } = folder
  let child: ChildProcess | undefined
  let destroyed: Promise<void> | undefined

  const access = (port: number): ClusterAccess =>
    accessCluster({ dir, host: '127.0.0.1', port, superuser: 'postgres', password, binaries })

  /** Starts the server; undefined when the port is in use. */
  const tryStart = async (port: number): Promise<ChildProcess | undefined> => {
    const deadline = Date.now() + ORPHANS_MS
    for (;;) {
      const url = access(port).url()
      const started = await launch({
        bin: binaries.bin,
        dir,
        data,
        log,
        url,
        onSpawn: (pid) => watchdog?.guard(pid),
      })
      if ('child' in started) return started.child
      if (/Address already in use|could not create any TCP/i.test(started.failure)) return undefined
      // After a killed postmaster its backends need a moment to notice and go.
      const isHeld = /pre-existing shared memory|lock file .* already exists/.test(started.failure)
      if (!isHeld || Date.now() > deadline) {
        throw new Error(`PostgreSQL ${binaries.version} did not start:\n${tail(started.failure)}`)
      }
      await delay(100)
    }
  }

  const stop = async (mode: StopMode = 'fast'): Promise<void> => {
    if (!child) return
    await end(child, STOP_SIGNALS[mode])
    child = undefined
    watchdog?.guard(0)
  }

  const clear = async (): Promise<void> => {
    await watchdog?.release()
    // The watchdog has done this, unless someone killed it.
    await stop('immediate')
    await rm(dir, { recursive: true, force: true })
  }

  try {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      await writeSettings(folder, port, options.settings)
      child = await tryStart(port)
      if (child) return handle(access(port))
      if (attempt === PORT_ATTEMPTS) throw new Error(`no free port for PostgreSQL in ${attempt} attempts`)
    }
  } catch (error) {
    await clear()
    throw error
  }

  function handle(reachable: ClusterAccess): Cluster {
    const destroy = (): Promise<void> =>
      (destroyed ??= options.keep ? Promise.resolve(leave(reachable)) : clear())
    return {
      ...reachable,
      get pid() {
        return child && !hasEnded(child) ? child.pid : undefined
      },
      stop,
      async start() {
        if (child && !hasEnded(child)) return
        child = await tryStart(reachable.port)
        if (!child) throw new Error(`port ${reachable.port} was taken while the cluster was stopped`)
      },
      destroy,
      [Symbol.asyncDispose]: destroy,
    }
  }

  function leave(reachable: ClusterAccess): void {
    const print = options.log ?? ((line: string) => console.error(line))
    print(`kept PostgreSQL ${binaries.version}: ${reachable.url()}`)
    print(`its folder is ${dir}; \`kill -INT $(head -1 ${data}/postmaster.pid)\` ends it`)
  }
}

const STOP_SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const
const PORT_ATTEMPTS = 5
const ORPHANS_MS = 15_000
