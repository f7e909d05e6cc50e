import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Mention } from '../rewrite/mention.ts'
import type { RewriteResult } from '../rewrite/rewrite.ts'
import type { Task } from './rewrite-thread.ts'

interface Answer {
  readonly id: number
  readonly text?: string
  readonly mentions?: readonly Mention[]
  readonly problem?: string
  readonly isForgotten?: true
  readonly isNameless?: true
}

interface Waiting {
  readonly task: Required<Task>
  resolve(result: RewriteResult | undefined): void
  reject(error: unknown): void
}

/**
 * Rewrites texts in a thread of its own, which is started with the first and does not keep the process alive: to parse 200 kB
 * takes a tenth of a second, in which nothing else of a service would go on.
 */
class LongTexts {
  #worker: Worker | undefined
  #last = 0
  readonly #waiting = new Map<number, Waiting>()
  #told = new Set<string>()

  /**
   * Undefined for a text that names nothing that moves.
   * @throws whatever keeps the thread from running; then the text is to be rewritten here
   */
  async rewrite(task: Omit<Required<Task>, 'id'>): Promise<RewriteResult | undefined> {
    const worker = (this.#worker ??= this.#start())
    return new Promise((resolve, reject) => {
      const id = ++this.#last
      this.#waiting.set(id, { task: { ...task, id }, resolve, reject })
      worker.ref()
      this.#send(worker, { ...task, id })
    })
  }

  #send(worker: Worker, { moves, ...task }: Required<Task>): void {
    const isTold = this.#told.has(task.version)
    this.#told.add(task.version)
    worker.postMessage(isTold ? task : { ...task, moves })
  }

  #start(): Worker {
    const worker = newWorker()
    worker.on('message', (answer: Answer) => this.#answered(worker, answer))
    worker.on('error', (error) => this.#ended(worker, error))
    worker.on('exit', () => this.#ended(worker, new Error('the thread that rewrites long texts has ended')))
    return worker
  }

  #answered(worker: Worker, { id, text, mentions = [], problem, isForgotten, isNameless }: Answer): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    if (isForgotten === true) {
      this.#told.delete(waiting.task.version)
      return this.#send(worker, waiting.task)
    }
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) worker.unref()
    if (isNameless === true) return waiting.resolve(undefined)
    waiting.resolve({
      text: text ?? waiting.task.sql,
      isChanged: text !== undefined,
      mentions,
      ...(problem === undefined ? {} : { problem }),
    })
  }

  #ended(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#told = new Set()
    const all = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of all) reject(error)
  }
}

/** One for the process. */
export const longTexts = new LongTexts()

const isCompiled = import.meta.url.endsWith('.js')
const program = new URL(`./rewrite-thread.${isCompiled ? 'js' : 'ts'}`, import.meta.url)

function newWorker(): Worker {
  const options = { execArgv: [], env: {} }
  if (isCompiled) return new Worker(program, options)
  // The sources themselves, in tests and scripts, are run by tsx, which a thread has to be told anew.
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api')).href.replace(/cjs$/, 'mjs')
  const code = `import(${JSON.stringify(tsx)}).then((tsx) => (tsx.register(), import(${JSON.stringify(program.href)})))`
  return new Worker(code, { ...options, eval: true })
}
