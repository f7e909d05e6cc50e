import { setTimeout as sleep } from 'node:timers/promises'
import { Chalk } from 'chalk'
import ora from 'ora'

/** https://no-color.org: set and not empty means no colour, whatever the terminal can do. */
const isPlain = (process.env['NO_COLOR'] ?? '') !== ''
const chalk = isPlain ? new Chalk({ level: 0 }) : new Chalk()

let sections = 0

/** Begins a numbered section. */
export function section(title: string): void {
  sections += 1
  print(`\n${chalk.bold(`${sections}. ${title}`)}`)
}

/** Says what happens, in a sentence. */
export function say(text: string): void {
  print(`   ${text}`)
}

/** A command as a person would type it. */
export function command(text: string): void {
  print(`   ${chalk.cyan(`$ ${text}`)}`)
}

/** A line of another program's output. */
export function quote(line: string): void {
  print(`   ${chalk.dim('│')} ${line}`)
}

/** One thing that was checked. */
export function verdict(isRight: boolean, text: string): void {
  print(`   ${isRight ? chalk.green('✔') : chalk.red('✘')} ${text}`)
}

export function headline(isRight: boolean, text: string): void {
  print(`\n${chalk.bold(isRight ? chalk.green(text) : chalk.red(text))}`)
}

/** Lets time pass; a terminal shows that it does. */
export async function wait(ms: number, what: string, signal: AbortSignal): Promise<void> {
  const spinner = process.stdout.isTTY ? ora({ text: what, indent: 3, color: false }).start() : undefined
  try {
    await sleep(ms, undefined, { signal })
  } finally {
    spinner?.stop()
  }
}

/** True when child processes may colour their output too. */
export const isColoured = chalk.level > 0

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
