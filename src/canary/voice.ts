import { setTimeout as sleep } from 'node:timers/promises'
import { isConnectionLoss, stateOf } from '../pg/sqlstate.ts'
import type { Session } from '../pg/session.ts'
import type { Line } from './lines.ts'
import type { NameSeen } from './report.ts'

/** Slower than that without a switch, a statement says little about one. */
const slowMs = 50

interface Spoken {
  readonly line: Line
  /** Has it worked yet? Until it has, its failure is not the switch’s. */
  isKnown: boolean
  isDue: boolean
}

type Seen = { -readonly [Key in keyof NameSeen]: NameSeen[Key] } & { failures: string[] }

export interface VoiceSettings {
  readonly session: Session
  readonly lines: readonly Line[]
  readonly pauseMs: number
  /** For how much of that time an attempt was under way, ms. */
  readonly heldUp: (from: number, to: number) => number
  /** What those are that have not worked yet, in words. */
  readonly unproven: string
}

/** One connection that says its statements one after the other, as a client would, until it is told to stop. */
export class Voice implements AsyncDisposable {
  readonly #settings: VoiceSettings
  readonly #seen = new Map<string, Seen>()
  readonly #left = new Set<string>()
  #spoken: Spoken[]
  #current: { readonly spoken: Spoken; readonly since: number } | undefined
  #isStopping = false
  #isHasty = true
  #round = 0
  #hear: () => void = () => undefined
  #answer: Promise<void>
  readonly #talk: Promise<void>

  constructor(settings: VoiceSettings) {
    this.#settings = settings
    this.#spoken = settings.lines.map((line) => ({ line, isKnown: false, isDue: true }))
    for (const { name, schema } of settings.lines)
      this.#seen.set(name, {
        name,
        schema,
        statements: 0,
        failed: 0,
        longestMs: 0,
        heldUpMs: 0,
        failures: [],
      })
    this.#answer = this.#nextAnswer()
    this.#talk = this.#run()
  }

  get seen(): NameSeen[] {
    const { session } = this.#settings
    const seen = [...this.#seen.values()]
    return session.loss === undefined ? seen : seen.map((each) => ({ ...each, lost: session.loss!.message }))
  }

  get left(): string[] {
    return [...this.#left]
  }

  /** Wants an answer to each statement that is sent from now on. */
  ask(): void {
    this.#isHasty = true
    this.#round += 1
    for (const spoken of this.#spoken) spoken.isDue = true
  }

  /** Waits for the answers that are due, for each of them as long as that; false when one did not come. */
  async answers(patienceMs: number): Promise<boolean> {
    let isAnswered = true
    while (this.#spoken.some(({ isDue }) => isDue) && !this.#settings.session.isLost) {
      const giveUp = new AbortController()
      const isSilent = await Promise.race([
        this.#answer.then(() => false),
        sleep(patienceMs, true, { signal: giveUp.signal }).catch(() => false),
      ])
      giveUp.abort()
      isAnswered = !isSilent
      if (isSilent) break
    }
    this.#isHasty = false
    return isAnswered
  }

  /** After the switch nothing of it is held any more: what waits now waits for somebody else. */
  giveUp(): void {
    if (this.#current === undefined) return
    const { spoken, since } = this.#current
    const seen = this.#seen.get(spoken.line.name)!
    const now = performance.now()
    seen.longestMs = Math.max(seen.longestMs, now - since)
    seen.heldUpMs = Math.max(seen.heldUpMs, this.#settings.heldUp(since, now))
    const ms = Math.round(now - since)
    this.#left.add(`what somebody else holds up at the end: ${spoken.line.text}: no answer for ${ms} ms`)
    // What would have been said after it was not.
    for (const { line, isKnown } of this.#spoken)
      if (!isKnown && line !== spoken.line) this.#left.add(`what could not be tried behind it: ${line.text}`)
  }

  /** One that is being held up is left, which makes the server cancel its statement. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true
    const { session } = this.#settings
    const isDone = await Promise.race([this.#talk.then(() => true), sleep(slowMs, false, { ref: false })])
    if (isDone) await session.close()
    else session.abandon()
  }

  async #run(): Promise<void> {
    const { session, pauseMs } = this.#settings
    const isOver = (): boolean => this.#isStopping || session.isLost
    while (!isOver() && this.#spoken.length > 0) {
      for (const spoken of this.#spoken) {
        if (isOver()) break
        await this.#say(spoken)
        if (!this.#isHasty) await sleep(pauseMs)
      }
    }
  }

  async #say(spoken: Spoken): Promise<void> {
    const { session, heldUp } = this.#settings
    const round = this.#round
    const since = performance.now()
    this.#current = { spoken, since }
    let error: unknown
    try {
      await session.cells(spoken.line.text)
    } catch (failure) {
      error = failure
    }
    if (this.#isStopping) return
    const now = performance.now()
    this.#current = undefined
    this.#note(spoken, error, now - since, heldUp(since, now))
    // Asked again while it was under way, it owes an answer to what is sent next.
    if (round === this.#round) spoken.isDue = false
    this.#hear()
    this.#answer = this.#nextAnswer()
  }

  #note(spoken: Spoken, error: unknown, ms: number, heldUpMs: number): void {
    const { line } = spoken
    if (error !== undefined && !spoken.isKnown && stateOf(error) !== undefined && !isConnectionLoss(error)) {
      this.#left.add(`${this.#settings.unproven}: ${line.text}: ${(error as Error).message}`)
      this.#spoken = this.#spoken.filter((other) => other !== spoken)
      return
    }
    const seen = this.#seen.get(line.name)!
    if (error !== undefined) this.#fail(line, `${stateOf(error) ?? 'connection'} ${(error as Error).message}`)
    else if (!spoken.isKnown && ms > slowMs && heldUpMs === 0 && line.instead !== undefined) {
      this.#spoken = this.#spoken.map((other) =>
        other === spoken ? { line: { ...line, text: line.instead! }, isKnown: true, isDue: false } : other,
      )
    }
    spoken.isKnown = true
    seen.statements += 1
    seen.longestMs = Math.max(seen.longestMs, ms)
    seen.heldUpMs = Math.max(seen.heldUpMs, heldUpMs)
  }

  #fail({ name }: Line, failure: string): void {
    const seen = this.#seen.get(name)!
    seen.failed += 1
    if (!seen.failures.includes(failure) && seen.failures.length < 5) seen.failures.push(failure)
  }

  #nextAnswer(): Promise<void> {
    return new Promise((resolve) => (this.#hear = resolve))
  }
}
