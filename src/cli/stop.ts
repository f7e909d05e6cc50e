/** One press of Ctrl-C, or one `timeout`, may come as several signals: to the group, and once more from a parent. */
const oneRequestMs = 1_000

/**
 * Stops the work at the next boundary; asked again it leaves at once, which is safe: a new run finds out. Signals within a
 * second of the first are the same request. A terminal that is closed asks as a service manager does.
 */
export function stopSignal(now: () => number = () => performance.now()): AbortSignal {
  const controller = new AbortController()
  let askedAt = 0
  const stop = (reason: 'SIGINT' | 'SIGTERM'): void => {
    if (controller.signal.aborted) {
      if (now() - askedAt >= oneRequestMs) process.kill(process.pid, 'SIGKILL')
      return
    }
    askedAt = now()
    process.stderr.write('\nstopping at the next safe point (again: at once)\n')
    controller.abort(reason)
  }
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGHUP', () => stop('SIGTERM'))
  return controller.signal
}
