import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A process that outlives us for a moment, to clear away what we leave behind. */
export interface Watchdog {
  /** Names the process group to kill; 0 when there is none at present. The last one told counts. */
  guard(pid: number): void
  /** Makes it do its work now: the guarded process is killed and the folder removed when this resolves. */
  release(): Promise<void>
}

/**
 * Starts a shell whose standard input is a pipe from us. However we end, be it SIGKILL, the kernel closes the pipe,
 * and the shell then kills the guarded process and removes `folder`. Exit handlers alone would miss SIGKILL, and
 * crash tests use just that. Orderly cleaning goes the same way, so the way is known to work.
 */
export function startWatchdog(folder: string): Watchdog {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'watchdog', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    // A session of its own: Ctrl-C in our terminal must reach us alone.
    detached: true,
  })
  const exited = once(child, 'exit')
  child.unref()
  const pipe = child.stdin
  // A pipe is a socket at run time, which alone can be kept from holding the process.
  ;(pipe as unknown as { unref(): void }).unref()
  // Someone killed it; the one who destroys the cluster cleans up in any case.
  pipe.on('error', () => {})
  return {
    guard: (pid) => void pipe.write(`${pid}\n`),
    async release() {
      child.ref()
      pipe.end()
      if (child.exitCode === null && child.signalCode === null) await exited
    },
  }
}

/**
 * Waits for the end of its input, then SIGQUIT (PostgreSQL: immediate shutdown), then SIGKILL for the whole group.
 * It looks at postmaster.pid too, because a dead process that no one reaps still answers `kill -0`.
 */
const SCRIPT = `
trap '' HUP INT TERM
guarded=0
while read -r line; do guarded=$line; done
if [ "$guarded" -gt 1 ]; then
  kill -QUIT "$guarded"
  turn=0
  while [ $turn -lt 100 ] && [ -e "$1/data/postmaster.pid" ] && kill -0 "$guarded"; do
    sleep 0.05
    turn=$((turn + 1))
  done
  kill -KILL "-$guarded"
fi
turn=0
while [ $turn -lt 40 ] && [ -e "$1" ]; do
  rm -rf "$1" || sleep 0.05
  turn=$((turn + 1))
done
`
