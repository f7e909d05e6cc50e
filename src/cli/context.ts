import type { Command } from 'commander'
import { EventStream } from '../events/stream.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { parseDuration } from '../plan/duration.ts'
import { findPlan } from '../plan/find.ts'
import type { Plan } from '../plan/plan.ts'
import { readPlan } from '../plan/read.ts'
import { attachRenderer } from './render/choose.ts'

/** Options that every command takes. */
export interface GlobalOptions {
  readonly plan?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly input?: boolean
  readonly yes?: boolean
  readonly confirm?: string
  readonly wait?: string
}

/** What a command is given: its options, the events, the signal of Ctrl-C, and where results go. */
export interface CommandContext {
  readonly options: GlobalOptions
  readonly events: EventStream
  readonly signal: AbortSignal
  plan(): Promise<Plan>
  /** Prints the result: text for people, or the same as JSON. */
  result(text: string, data: unknown): void
  waitMs(): number
}

export async function commandContext(command: Command, signal: AbortSignal): Promise<CommandContext> {
  const options = command.optsWithGlobals<GlobalOptions>()
  const events = new EventStream()
  await attachRenderer(events, options)
  return {
    options,
    events,
    signal,
    plan: async () => readPlan(options.plan ?? (await findPlan('plans')), process.env),
    result(text, data) {
      process.stdout.write(options.json === true ? `${JSON.stringify(data, null, 2)}\n` : `${text}\n`)
    },
    waitMs: () => duration(options.wait ?? '0s', '--wait'),
  }
}

export function duration(text: string, option: string): number {
  const ms = parseDuration(text)
  if (ms === undefined)
    throw new MigrateError(
      'usage-invalid',
      `${option} takes a duration such as 500ms, 30s or 5m, not "${text}"`,
      {
        next: ['migrate --help'],
      },
    )
  return ms
}
