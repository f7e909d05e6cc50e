import { checkingConnection, safePath, Session } from '../pg/session.ts'
import type { DatabaseTarget } from '../pg/target.ts'
import { pathText } from '../survey/search-path.ts'
import type { Line, Lines } from './lines.ts'
import { reportOf, type CanaryReport } from './report.ts'
import { Voice } from './voice.ts'

/** Long enough to see a stall that matters, short enough to leave the server alone. */
const pauseMs = 5
/** Statements that change something are said less often. */
const ownPauseMs = 20
/** How long the first round is waited for: a client’s lock may hold it up, and is for the switch to deal with. */
const firstRoundMs = 500

export interface OwnLines {
  readonly target: DatabaseTarget
  readonly lines: readonly Line[]
}

export interface CanarySettings {
  readonly target: DatabaseTarget
  readonly plan: string
  readonly lines: Lines
  /** Schemas in which tables are found by their names alone. */
  readonly path: readonly string[]
  /** Statements of the operator by service, by the connection of each. */
  readonly own: readonly OwnLines[]
  readonly capMs: number
  /** What those of its statements are that have not worked yet, in words. */
  readonly unproven?: string
}

/** When an attempt of the switch was sent, and when it had its answer. */
interface Attempt {
  readonly from: number
  to: number | undefined
}

/**
 * Reads and writes by both names, as clients do, in connections of its own: one for the old names, one for the new.
 * Its statements take one table each and end at once, so that they queue as a client’s do and hold nothing.
 */
export class Canary implements AsyncDisposable {
  readonly #voices: readonly Voice[]
  readonly #capMs: number
  readonly #attempts: Attempt[]

  private constructor(voices: readonly Voice[], capMs: number, attempts: Attempt[]) {
    this.#voices = voices
    this.#capMs = capMs
    this.#attempts = attempts
  }

  /**
   * Returns once each statement was answered, or is held up by somebody.
   * @throws MigrateError `connection-failed`
   */
  static async start(settings: CanarySettings): Promise<Canary> {
    const { capMs, unproven = 'what did not work before the switch' } = settings
    const attempts: Attempt[] = []
    const heldUp = (from: number, to: number): number =>
      Math.max(0, ...attempts.map((attempt) => Math.min(to, attempt.to ?? to) - Math.max(from, attempt.from)))
    const opened = await Promise.allSettled(connections(settings).map((open) => open()))
    const ready = opened.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const failed = opened.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) {
      await Promise.all(ready.map(({ session }) => session.close()))
      throw failed.reason
    }
    const voices = ready.map((each) => new Voice({ ...each, heldUp, unproven }))
    await Promise.all(voices.map((voice) => voice.answers(firstRoundMs)))
    return new Canary(voices, capMs, attempts)
  }

  /** What its statements wait for meanwhile, they are held up by this. */
  async during<T>(attempt: () => Promise<T>): Promise<T> {
    const interval: Attempt = { from: performance.now(), to: undefined }
    this.#attempts.push(interval)
    try {
      return await attempt()
    } finally {
      interval.to = performance.now()
    }
  }

  /** Waits until everything was answered once more, then tells what it saw. */
  async settle(): Promise<CanaryReport> {
    for (const voice of this.#voices) voice.ask()
    await Promise.all(
      this.#voices.map(async (voice) => {
        if (!(await voice.answers(this.#capMs))) voice.giveUp()
      }),
    )
    return reportOf(
      this.#capMs,
      this.#voices.flatMap(({ seen }) => seen),
      this.#voices.flatMap(({ left }) => left),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#voices.map((voice) => voice[Symbol.asyncDispose]()))
  }
}

interface Connection {
  readonly session: Session
  readonly lines: readonly Line[]
  readonly pauseMs: number
}

function connections({ target, plan, lines, path, own }: CanarySettings): (() => Promise<Connection>)[] {
  const name = `migrate/${plan}/canary`
  const plain = async (of: readonly Line[]): Promise<Connection> => ({
    session: await Session.connect(target, name, `${found(path)};${asClient}`),
    lines: of,
    pauseMs,
  })
  return [
    ...[lines.old, lines.new].filter(({ length }) => length > 0).map((of) => () => plain(of)),
    ...own.map(({ target: other, lines: of }) => async () => ({
      session: await Session.connect(other, name, ''),
      lines: of,
      pauseMs: ownPauseMs,
    })),
  ]
}

/** Only the path, by which nothing of others is to be found, and what would end its statements before they are held up for long, or refuse writes, is not as clients have it. */
const asClient = `${checkingConnection}
  set statement_timeout = 0;
  set lock_timeout = 0;
  set default_transaction_read_only = off;
`

function found(path: readonly string[]): string {
  return path.length === 0 ? safePath : `set search_path = ${pathText(path)}, pg_temp`
}
