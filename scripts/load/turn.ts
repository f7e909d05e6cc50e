import { randomUUID } from 'node:crypto'
import type { Client, QueryResult } from 'pg'
import { codeOf, type Connection, isFromServer, messageOf } from './connection.ts'
import { send } from './manner.ts'
import type { Meter, Sent } from './meter.ts'
import { spell } from './names.ts'
import type { Outcome, Pending } from './pending.ts'
import type { WorkerSettings } from './settings.ts'
import type { Operation, Work } from './workload.ts'

/** Thrown after a failure that is already counted, to leave the operation. */
class Counted extends Error {}

/** Performs one operation once, whatever happens: failures are counted, never thrown. */
export async function turn(
  operation: Operation,
  connection: Connection,
  settings: WorkerSettings,
  meter: Meter,
  pending: Pending,
  random: () => number,
): Promise<void> {
  const client = await connection.client()
  if (!client) return
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T
  const style = pick(settings.styles)
  const manner = pick(settings.manners)
  const about = { operation: operation.name, style, manner }
  let isInTransaction = false

  const timed = async (text: string, sending: () => Promise<QueryResult>): Promise<QueryResult> => {
    const sent: Sent = { ...about, text }
    connection.inFlight = sent
    const start = performance.now()
    try {
      return await sending()
    } catch (error) {
      if (!connection.isGivenUp) meter.failed(sent, codeOf(error), messageOf(error))
      if (!isFromServer(error)) connection.markBroken()
      // A COMMIT whose answer never came may have happened; any other lost statement cannot stay.
      const isUnknown = !isFromServer(error) && (!isInTransaction || text === 'commit')
      pending.settle(isUnknown ? 'unknown' : 'aborted')
      throw new Counted(messageOf(error), { cause: error })
    } finally {
      connection.inFlight = undefined
      meter.answered(sent, start, performance.now())
    }
  }

  const work: Work = {
    name: spell(style, settings.schemaOf),
    run: async (text, values = []) => {
      const result = await timed(text, () => send(client, manner, connection.prepared, text, values))
      if (!isInTransaction) pending.settle('committed')
      return result
    },
    transaction: async (body) => {
      await timed('begin', () => client.query('begin'))
      isInTransaction = true
      await body()
      const { command } = await timed('commit', () => client.query('commit'))
      isInTransaction = false
      const outcome: Outcome = command === 'COMMIT' ? 'committed' : 'aborted'
      pending.settle(outcome)
    },
    willInsert: (place, token) => pending.insert(place, token),
    willDelete: (place, token) => pending.delete(place, token),
    willAdd: (place, key, by) => pending.add(place, String(key), by),
    takeOwn: (place) => pending.takeOwn(place),
    token: (prefix = '') => prefix + randomUUID(),
    between: (low, high) => low + Math.floor(random() * (high - low + 1)),
    pick,
  }

  try {
    await operation.perform(work)
    meter.measured.transactions += 1
  } catch (error) {
    if (!(error instanceof Counted)) meter.failed({ ...about, text: '' }, 'workload', messageOf(error))
    pending.settle('aborted')
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by `transaction` meanwhile
    if (isInTransaction) await rollBack(client, connection)
  }
}

async function rollBack(client: Client, connection: Connection): Promise<void> {
  try {
    await client.query('rollback')
  } catch {
    connection.markBroken()
  }
}
