import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chalkStderr as chalk } from 'chalk'
import { classify } from '../../pg/classify.ts'
import { isMigrateError, MigrateError } from '../../errors/migrate-error.ts'
import { withoutSecrets } from '../../errors/secrets.ts'

/** What happened, why, in what state everything is, and the next command. */
export function renderError(error: MigrateError): string {
  const lines = [`${chalk.red.bold(`error[${error.code}]`)}: ${error.message}`]
  if (error.place !== undefined)
    lines.push(row('at', `${error.place.file}:${error.place.line}:${error.place.column}`))
  error.detail.forEach((line, index) => lines.push(row(index === 0 ? 'why' : '', line)))
  lines.push(row('state', error.state.sentence))
  error.next.forEach((line, index) => lines.push(row(index === 0 ? 'next' : '', chalk.bold(line))))
  lines.push(row('docs', error.docs))
  return lines.join('\n')
}

function row(name: string, text: string): string {
  return `  ${chalk.dim(name.padEnd(6))}${text}`
}

/** Anything that is not an error of the tool is a bug in it: the trace goes to a file, not over the screen. */
export function asMigrateError(error: unknown): MigrateError {
  if (isMigrateError(error)) return error
  const known = classify(error)
  if (known !== undefined) return known
  const trace = withoutSecrets(error instanceof Error ? (error.stack ?? error.message) : String(error))
  const file = join(mkdtempSync(join(tmpdir(), 'pg-relocate-')), 'error.txt')
  writeFileSync(file, `${trace}\n`)
  return new MigrateError('internal', error instanceof Error ? error.message : String(error), {
    detail: [`this is a bug in pg-relocate; the trace is in ${file}`],
    state: { kind: 'unknown' },
    next: ['migrate status', 'report it with the trace'],
    cause: error,
  })
}
