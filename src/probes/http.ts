import { formatDuration } from '../plan/duration.ts'
import type { HttpProbeSpec } from '../plan/probes.ts'
import type { Probe, ProbeFinding } from './probe.ts'

const mostBytes = 1024 * 1024

/** An address answers as it must, in time. */
export function httpProbe(spec: HttpProbeSpec): Probe {
  const { name, withinMs } = spec
  return {
    id: name,
    title: 'an address of the plan answers',
    budgetMs: withinMs,
    keepsBudget: true,
    async run() {
      const { url, headers } = address(spec.url)
      const began = performance.now()
      const response = await fetch(url, {
        redirect: 'manual',
        headers,
        signal: AbortSignal.timeout(withinMs),
      })
        .then(async (answer) => ({ status: answer.status, body: await beginning(answer) }))
        .catch((error: unknown) => ({ problem: reason(error, withinMs) }))
      const problems = 'problem' in response ? [response.problem] : wrong(spec, response)
      if (problems.length > 0)
        return problems.map((text): ProbeFinding => ({
          severity: 'error',
          on: name,
          text: `${shown(url)}: ${text}`,
        }))
      const ms = Math.round(performance.now() - began)
      return [{ severity: 'info', on: name, text: `${shown(url)} answered in ${ms} ms` }]
    },
  }
}

/** fetch() takes no user and password in an address. */
function address(text: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(text)
  const { username, password } = url
  url.username = url.password = ''
  if (username === '') return { url, headers: {} }
  const pair = `${decoded(username)}:${decoded(password)}`
  return { url, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }
}

/** A percent sign that begins no code stands for itself. */
function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll(/%(?![\da-f]{2})/gi, '%25'))
}

/** An answer without an end would fill the memory. */
async function beginning({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= mostBytes) break
  }
  return Buffer.concat(chunks).subarray(0, mostBytes).toString()
}

/** What may be printed of it: a query may hold a token, and what stands before an @ in a path may be half of a password. */
function shown({ origin, pathname, search }: URL): string {
  return /@|%40/.test(pathname + search) ? 'the address' : `${origin}${pathname}`
}

function wrong({ status, contains }: HttpProbeSpec, answer: { status: number; body: string }): string[] {
  return [
    ...(answer.status === status ? [] : [`it answered ${answer.status}, not ${status}`]),
    ...(contains === undefined || answer.body.includes(contains)
      ? []
      : [`its answer does not contain ${JSON.stringify(contains)}`]),
  ]
}

function reason(error: unknown, withinMs: number): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return `no answer within ${formatDuration(withinMs)}`
  return `no answer: ${cause?.code ?? cause?.message ?? message}`
}
