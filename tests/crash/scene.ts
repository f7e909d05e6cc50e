import { expect } from '@jest/globals'
import { sharedCluster } from '../support/cluster.ts'
import { rowsOf, sql } from '../support/client.ts'
import { freshDatabase, type FreshDatabase } from '../support/database.ts'
import { dumpAll, journalStates } from '../support/dump.ts'
import { isMigrateError } from '../../src/errors/migrate-error.ts'
import { planFor, type PlanSketch } from '../support/plan.ts'
import { run, silence, undo } from '../support/run.ts'
import { sampleDatabase, samplePlan } from '../support/sample.ts'
import type { Death, Job } from './job.ts'
import type { RunnerPool } from './runner-process.ts'

export type Command = Job['command']

/** Where a database is once a command has come to its end: structure, rows, sequences, and what the journal says. */
export interface EndState {
  readonly dump: string
  readonly journal: readonly string[]
}

/** A moment of a move, kept as a database of which every test takes a copy, and a command that starts there. */
export class Scene implements AsyncDisposable {
  readonly sketch: PlanSketch
  readonly #template: FreshDatabase

  private constructor(template: FreshDatabase, sketch: PlanSketch) {
    this.#template = template
    this.sketch = sketch
  }

  /** The sample after some phases. */
  static async after(phases: readonly number[], sketch = samplePlan, more = ''): Promise<Scene> {
    const template = await sampleDatabase('scene')
    if (more !== '') await sql(template.url, more)
    if (phases.length > 0) await run(planFor(template.url, sketch), phases)
    return new Scene(template, sketch)
  }

  async copy(): Promise<FreshDatabase> {
    return clone(this.#template)
  }

  /** The end state of a run that nothing disturbs. */
  async undisturbed(...commands: readonly Command[]): Promise<EndState> {
    await using database = await this.copy()
    for (const command of commands) await this.perform(database, command)
    return await endState(database.url)
  }

  /** Performs a command in this process. A runner that was just killed may hold the lease for an instant more. */
  async perform(database: FreshDatabase, command: Command): Promise<void> {
    const plan = planFor(database.url, this.sketch)
    if ('execute' in command) await run(plan, command.execute, { waitMs: 10_000 })
    else if ('rollback' in command)
      await undo(plan, command.rollback, { waitMs: 10_000 }).catch(unlessNothing)
    else await silence(plan, command.scream, { waitMs: 10_000 })
  }

  /** The boundaries of an undisturbed run: what each event is about, and how many statements were sent. */
  async measure(
    pool: RunnerPool,
    command: Command,
  ): Promise<{ readonly signatures: readonly string[]; readonly writes: number }> {
    await using database = await this.copy()
    await using runner = await pool.start({ url: database.url, sketch: this.sketch, command })
    const report = await runner.end()
    if (report === undefined || report.error !== undefined) throw new Error(JSON.stringify(report))
    return { signatures: runner.events.map(signatureOf), writes: report.writes }
  }

  /**
   * Lets a runner die in the middle of a command, then tries every way to go on, each in a copy of what the dead
   * one left. All must end as if it had not died.
   */
  async killAndGoOn(
    pool: RunnerPool,
    command: Command,
    kill: Death,
    ways: readonly { readonly commands: readonly Command[]; readonly end: EndState }[],
  ): Promise<void> {
    await using database = await this.copy()
    const report = await pool.perform({ url: database.url, sketch: this.sketch, command, kill })
    // How much is sent is not the same each time, so that the last statements may be one too many.
    if (report !== undefined && (kill.at === 'event' || report.writes >= kill.number))
      throw new Error(
        `it was to be killed at ${kill.at} ${kill.number} and was not: ${JSON.stringify(report)}`,
      )
    for (const { commands, end } of ways) {
      await using copy = ways.length > 1 ? await clone(database) : undefined
      const place = copy ?? database
      try {
        for (const each of commands) await this.perform(place, each)
        expect(await endState(place.url)).toEqual(end)
      } catch (error) {
        const where = `killed at ${kill.at} ${kill.number} of ${JSON.stringify(command)}, then ${JSON.stringify(commands)}`
        throw new Error(`${where}: ${(error as Error).message}`, { cause: error })
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#template[Symbol.asyncDispose]()
  }
}

/** Events of the same kind about the same kind of step have the same signature, whichever table or probe they are about. */
function signatureOf({ text }: { text: string }): string {
  const { type, phase, step, action, direction } = JSON.parse(text) as Record<string, string | undefined>
  const kinds = [step, action].map((id) => id?.split(/[- ]/)[0])
  return [type, step === undefined ? phase : '', direction, ...kinds].join(' ')
}

/** Killed before it had changed anything: there is nothing to undo, which the tool says. */
function unlessNothing(error: unknown): void {
  if (!isMigrateError(error) || error.code !== 'phase-not-run') throw error
}

/** Steps that never were and steps that were undone are the same. */
export async function endState(url: string): Promise<EndState> {
  const [found] = await rowsOf<{ there: boolean }>(
    url,
    `select to_regclass('migrate.runs') is not null as there`,
  )
  const journal = found?.there === true ? await journalStates(url) : []
  const lines = journal.filter((line) => !/^step .* pending$/.test(line))
  // A run of which nothing is left is as good as none.
  return { dump: await dumpAll(url), journal: lines[0] === 'run reverted' ? [] : lines }
}

/** A copy whose journal is told that it is the database of the run. */
async function clone(original: FreshDatabase): Promise<FreshDatabase> {
  const copy = await freshDatabase('crash', original.name)
  const [found] = await rowsOf<{ journal: boolean }>(
    copy.url,
    `select to_regclass('migrate.runs') is not null as journal`,
  )
  if (found?.journal === true) {
    await sharedCluster().sql(
      copy.name,
      `update migrate.runs set database_name = current_database(),
              database_oid = (select oid from pg_database where datname = current_database())`,
    )
  }
  return copy
}
