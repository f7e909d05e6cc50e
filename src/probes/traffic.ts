import { setTimeout as sleep } from 'node:timers/promises'
import { Canary } from '../canary/canary.ts'
import { hush, linesOf } from '../canary/lines.ts'
import type { CanaryReport } from '../canary/report.ts'
import { percent, percentText, readTransactions, sharesOf, type Transactions } from '../canary/share.ts'
import { pathFor } from '../canary/path.ts'
import type { Probe, ProbeContext, ProbeFinding } from './probe.ts'

/** So few transactions say nothing of a share. */
const enough = 100

/**
 * Of the tool’s own statements in each schema, so many succeed; after a phase those of its canary, on demand those of a
 * window. What all clients of the database have committed is told beside it: they may roll back what they please.
 */
export const traffic: Probe = {
  id: 'traffic',
  title: 'statements succeed in each schema',
  async run(context) {
    const { traffic: seen, plan, session } = context
    const on = plan.name
    if (seen.kind === 'window' && seen.ms === 0)
      return [{ severity: 'info', on, text: 'not watched: its window is 0s' }]
    const before = seen.kind === 'window' ? await readTransactions(session) : seen.since
    const windowMs = seen.kind === 'window' ? seen.ms : seen.windowMs
    const watched = windowMs === 0 ? [] : [await watch(context, windowMs)]
    const [reports, untold] = seen.kind === 'window' ? [[], []] : [seen.reports, seen.untold]
    const silent = untold.map((step) => notTold(on, step))
    if (reports.length + watched.length + silent.length === 0)
      return [{ severity: 'info', on, text: 'nothing to report: no canary has been at work in this phase' }]
    const database = before === undefined ? [] : committed(context, before, await readTransactions(session))
    return [
      ...silent,
      ...schemas(context, reports),
      ...schemas(context, watched, true),
      ...watched
        .flatMap(({ left }) => left)
        .map((line): ProbeFinding => ({ severity: 'warning', on, text: `left out: ${line}` })),
      ...database,
    ]
  },
}

/** Nobody knows how long clients were held up; that all names work is seen in a window instead. */
function notTold(on: string, step: string): ProbeFinding {
  return {
    severity: 'warning',
    on,
    text: `the runner was ended before the canary of "${step}" had told what it saw; watched now instead`,
  }
}

async function watch({ session, plan, tables }: ProbeContext, ms: number): Promise<CanaryReport> {
  await using canary = await Canary.start({
    target: session.target,
    plan: plan.name,
    lines: await hush(session, linesOf(tables)),
    path: pathFor(tables),
    own: [],
    capMs: plan.canary.capMs,
    unproven: 'what has never worked',
  })
  await sleep(ms)
  const report = await canary.settle()
  const lost = report.names.flatMap((seen) => seen.lost ?? [])[0]
  if (lost !== undefined) throw new Error(`a connection of the canary was lost: ${lost}`)
  return report
}

function schemas({ plan }: ProbeContext, reports: readonly CanaryReport[], isWindow = false): ProbeFinding[] {
  const { atLeast } = plan.probes.traffic
  const left = reports.flatMap((report) => report.left)
  return sharesOf(reports).map(({ schema, silent, statements, failed, failures }) => {
    const share = percent(statements, failed)
    if (share === undefined)
      return { severity: 'error', on: schema, text: 'none of its statements could be tried' }
    if (isWindow && silent.length > 0) {
      const text = `none of its statements by names in ${silent.join(', ')} could be tried`
      return { severity: 'error', on: schema, text, evidence: left }
    }
    const text = `${percentText(share)} of ${statements} statements of the canary succeeded`
    return share >= atLeast
      ? { severity: 'info', on: schema, text }
      : { severity: 'error', on: schema, text: `${text}, not ${atLeast} %`, evidence: failures }
  })
}

function committed({ plan, facts }: ProbeContext, before: Transactions, after: Transactions): ProbeFinding[] {
  const rolledBack = after.rolledBack - before.rolledBack
  const all = after.committed - before.committed + rolledBack
  const share = percent(all, rolledBack)
  if (share === undefined || all < 0) return []
  const isLow = all >= enough && share < plan.probes.traffic.atLeast
  return [
    {
      severity: isLow ? 'warning' : 'info',
      on: facts.server.database,
      text: `${percentText(share)} of ${all} transactions in the whole database were committed`,
    },
  ]
}
