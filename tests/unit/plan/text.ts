import { isMigrateError, type MigrateError } from '../../../src/errors/migrate-error.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { parsePlan } from '../../../src/plan/read.ts'

/** A text without its `»`, each of which stood before a place where a problem is expected. */
export interface Marked {
  readonly text: string
  /** `line:column` of each mark. */
  readonly places: readonly string[]
}

export function marked(written: string): Marked {
  const places: string[] = []
  let text = ''
  for (const [index, part] of written.split('»').entries()) {
    if (index > 0) places.push(`${text.split('\n').length}:${(text.split('\n').at(-1) ?? '').length + 1}`)
    text += part
  }
  return { text, places }
}

export const head = `version: 1
name: shop
databases:
  db: { url: "postgres://localhost/shop" }
`

export const services = `services:
  users: { from: db.public, to: db, tables: [users] }
  orders: { from: db.public, to: db, tables: [orders, "order_*"] }
`

export function read(text: string, env: NodeJS.ProcessEnv = {}): Plan {
  return parsePlan('plans/shop.yaml', text, env)
}

export function errorOf(text: string, env: NodeJS.ProcessEnv = {}): MigrateError {
  try {
    read(text, env)
  } catch (error) {
    if (isMigrateError(error)) return error
    throw error
  }
  throw new Error('the plan was accepted')
}

/** Problems as `line:column message`. */
export function problemsOf(text: string, env: NodeJS.ProcessEnv = {}): string[] {
  return errorOf(text, env).detail.map((line) => line.replace('plans/shop.yaml:', ''))
}
