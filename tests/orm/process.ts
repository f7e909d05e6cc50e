import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Answer {
  readonly result?: unknown
  readonly error?: string
  readonly code?: string
}

/** An application in a process of its own, with one of the clients. */
export class Application implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #answers: AsyncIterator<string>
  readonly #ended: Promise<unknown>
  #said = ''

  /** @param plan follows the journal of this plan with the resolver */
  constructor(client: string, url: string, plan?: string) {
    const tsx = fileURLToPath(import.meta.resolve('tsx/cli'))
    const script = fileURLToPath(new URL('client.mjs', import.meta.url))
    this.#process = spawn(process.execPath, [tsx, script, client, url, ...(plan === undefined ? [] : [plan])])
    this.#process.stderr.on('data', (text: Buffer) => (this.#said += text.toString()))
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    this.#ended = new Promise((settle) => this.#process.once('close', settle))
  }

  async ask(act: string, tag = ''): Promise<Answer> {
    this.#process.stdin.write(`${JSON.stringify({ act, tag })}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error(`the client ended: ${this.#said}`)
    return JSON.parse(value) as Answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end()
    await this.#ended
  }
}
