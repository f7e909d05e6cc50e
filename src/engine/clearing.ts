import type { Session } from '../pg/session.ts'

/** Removes one thing after the other in a transaction; what cannot be removed is left as it is and told. */
export class Clearing {
  readonly session: Session
  readonly removed: string[] = []
  readonly left: { what: string; sql: string }[] = []

  constructor(session: Session) {
    this.session = session
  }

  /** @returns whether it is gone */
  async remove(what: string, statements: readonly string[]): Promise<boolean> {
    await this.session.script('savepoint clearing')
    try {
      for (const statement of statements) await this.session.script(statement)
      await this.session.script('release savepoint clearing')
      this.removed.push(what)
      return true
    } catch (error) {
      if (this.session.isLost) throw error
      await this.session.script('rollback to savepoint clearing')
      const { message, detail } = error as Error & { detail?: string }
      this.left.push({
        what: `${what}: ${message}${detail === undefined ? '' : ` (${detail.replaceAll('\n', '; ')})`}`,
        sql: statements.join('; '),
      })
      return false
    }
  }
}
