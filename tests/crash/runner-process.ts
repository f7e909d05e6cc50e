import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bundled } from '../support/bundle.ts'
import { ended } from '../support/process.ts'
import type { FromChild, Job, Report } from './job.ts'

const CHILD = await bundled(fileURLToPath(new URL('./child.ts', import.meta.url)))

/** A runner in another process. It is started ahead of its job, as starting takes longer than most jobs. */
export class RunnerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ready: Promise<void>
  readonly #end: Promise<Report | undefined>
  readonly events: { type: string; text: string }[] = []

  constructor() {
    this.#child = fork(CHILD, {
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    let report: Report | undefined
    this.#ready = new Promise((resolve, reject) => {
      this.#child.on('message', (message: FromChild) => {
        if (message.kind === 'ready') resolve()
        else if (message.kind === 'event') this.events.push(message)
        else {
          report = message
          this.#child.disconnect()
        }
      })
      this.#child.once('exit', () => reject(new Error('the runner ended before it had a job')))
    })
    this.#ready.catch(() => undefined)
    this.#end = ended(this.#child).then(() => report)
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Hands the job over. */
  async start(job: Job): Promise<void> {
    await this.#ready
    this.#child.send(job)
  }

  /** What it told at its end; nothing when it was killed. */
  async end(): Promise<Report | undefined> {
    return this.#end
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** How many events of that type it has told. */
  told(type: string): number {
    return this.events.filter((event) => event.type === type).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#end
  }
}

/** Runners that are starting while others work. */
export class RunnerPool implements AsyncDisposable {
  readonly #waiting: RunnerProcess[] = []
  readonly #spare: number

  constructor(spare = 2) {
    this.#spare = spare
    this.#fill()
  }

  async start(job: Job): Promise<RunnerProcess> {
    const runner = this.#waiting.shift() ?? new RunnerProcess()
    this.#fill()
    await runner.start(job)
    return runner
  }

  /** Starts a job and waits for its end. */
  async perform(job: Job): Promise<Report | undefined> {
    return (await this.start(job)).end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#waiting.splice(0).map((runner) => runner[Symbol.asyncDispose]()))
  }

  #fill(): void {
    while (this.#waiting.length < this.#spare) this.#waiting.push(new RunnerProcess())
  }
}
