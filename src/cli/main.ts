import chalk, { chalkStderr } from 'chalk'
import { CommanderError } from 'commander'
import { exitCodes } from '../errors/codes.ts'
import { MigrateError } from '../errors/migrate-error.ts'
import { keepWorkingUnread } from './outputs.ts'
import { buildProgram } from './program.ts'
import { stopSignal } from './stop.ts'

async function main(): Promise<void> {
  keepWorkingUnread(process.stdout, process.stderr)
  const wantsJson = process.argv.includes('--json')
  // Chalk knows --no-color but not the variable (no-color.org).
  if ((process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb')
    chalk.level = chalkStderr.level = 0
  try {
    await buildProgram(stopSignal(), wantsJson).parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed help, version or its complaint already; its complaints mean wrong usage.
      process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
      if (wantsJson && error.exitCode !== 0) {
        const message = error.message.replace(/^error: /, '')
        const failure = new MigrateError('usage-invalid', message, { next: ['migrate --help'] })
        process.stdout.write(`${JSON.stringify({ error: failure }, null, 2)}\n`)
      }
      return
    }
    const { asMigrateError, renderError } = await import('./render/error.ts')
    const failure: MigrateError = asMigrateError(error)
    if (wantsJson) process.stdout.write(`${JSON.stringify({ error: failure }, null, 2)}\n`)
    else process.stderr.write(`${renderError(failure)}\n`)
    process.exitCode = failure.exitCode
  }
}

await main()
