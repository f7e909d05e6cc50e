import { isMigrateError } from '../errors/migrate-error.ts'
import { Session } from '../pg/session.ts'
import { sqlstate, stateOf } from '../pg/sqlstate.ts'
import { formatDuration } from '../plan/duration.ts'
import type { Finding } from '../survey/finding.ts'
import { waive } from '../survey/waivers.ts'
import { probesOf, settingOf } from './of-plan.ts'
import type { Probe, ProbeContext } from './probe.ts'

/** What probes look at; the session is the runner's, which tells whether the server is there at all. */
export type ProbeScope = Omit<ProbeContext, 'budgetMs'>

/**
 * Runs probes in a session of their own. One that cannot run, or not within its budget, is a failure and not a pass.
 */
export class ProbeRunner implements AsyncDisposable {
  readonly #scope: ProbeScope
  readonly #probes: ReadonlyMap<string, Probe>
  #session: Session | undefined

  constructor(scope: ProbeScope) {
    this.#scope = scope
    this.#probes = probesOf(scope.plan)
  }

  async runAll(ids: readonly string[]): Promise<Finding[]> {
    const findings: Finding[] = []
    for (const id of ids) findings.push(...(await this.run(id)))
    return findings
  }

  /** @throws MigrateError `connection-lost`: that is neither a pass nor a failure */
  async run(id: string): Promise<Finding[]> {
    const probe = this.#probes.get(id)
    if (probe === undefined) throw new Error(`there is no probe "${id}"`)
    const { plan, events } = this.#scope
    const { severity, budgetMs } = settingOf(plan, probe)
    if (severity === 'off') return [left(id, plan.name)]
    events.emit({ type: 'probe:start', probe: id })
    const found = (await this.#try(probe, budgetMs)).map((finding) =>
      severity === 'warning' && finding.severity === 'error' ? lowered(finding) : finding,
    )
    const findings = waive(plan, found)
    const ok = !findings.some((finding) => finding.severity === 'error' && finding.waived === undefined)
    events.emit({ type: 'probe:end', probe: id, ok, findings: findings.length })
    return findings
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.close()
  }

  async #try(probe: Probe, budgetMs: number | undefined): Promise<Finding[]> {
    let session: Session | undefined
    try {
      session = await this.#open()
      await session.query(`select set_config('statement_timeout', $1, false)`, [String(budgetMs ?? 0)])
      const context = { ...this.#scope, session, budgetMs }
      const found = await (probe.keepsBudget === true || budgetMs === undefined
        ? probe.run(context)
        : this.#within(budgetMs, session, () => probe.run(context)))
      return found.map((finding) => ({ ...finding, rule: probe.id, waivable: true }))
    } catch (error) {
      if (session === undefined) await this.#scope.session.query('select 1')
      else if (session.isLost && !(error instanceof OverBudget)) throw error
      return [failed(probe.id, error)]
    }
  }

  async #open(): Promise<Session> {
    const { session, plan } = this.#scope
    this.#session ??= await Session.connect(session.target, `migrate/${plan.name}/probes`)
    return this.#session
  }

  /** Past the budget the session is left, which makes the server cancel its statement. */
  async #within<T>(budgetMs: number, session: Session, run: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const over = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new OverBudget(budgetMs)), budgetMs)
    })
    const running = run()
    running.catch(() => undefined)
    try {
      return await Promise.race([running, over])
    } catch (error) {
      const isOver = error instanceof OverBudget || stateOf(error) === sqlstate.queryCanceled
      if (!isOver) throw error
      session.abandon()
      this.#session = undefined
      throw new OverBudget(budgetMs)
    } finally {
      clearTimeout(timer)
    }
  }
}

class OverBudget extends Error {
  constructor(budgetMs: number) {
    super(`it took longer than its budget of ${formatDuration(budgetMs)}`)
  }
}

function failed(id: string, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error)
  return {
    rule: id,
    severity: 'error',
    on: id,
    text: `the probe could not run: ${message}`,
    ...(isMigrateError(error) ? { evidence: error.detail } : {}),
    waivable: true,
  }
}

function lowered(finding: Finding): Finding {
  return { ...finding, severity: 'warning', text: `${finding.text} (an error, lowered by the plan)` }
}

function left(id: string, plan: string): Finding {
  return { rule: id, severity: 'warning', on: plan, text: 'not run: the plan has it off', waivable: true }
}
