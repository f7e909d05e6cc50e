import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '../scripts/cluster/cluster.ts'
import { startLoad } from '../scripts/load/load.ts'
import type { Benchmark, BenchOptions } from './benchmark.ts'
import { type Sample, summarise } from './switch-wait/cells.ts'
import { ownPeer, type Peer, type PeerName, type Performed, ROWS, scriptPeer } from './switch-wait/peers.ts'
import { behindReader } from './switch-wait/reader.ts'
import { measureWindow } from './switch-wait/window.ts'

/** How long clients wait while their tables are moved: by us, by a plain script, and when nothing is moved at all. */
export const switchWait: Benchmark = {
  name: 'switch-wait',
  measure: async (cluster, options) => {
    const samples: Sample[] = []
    for (const tables of options.isQuick ? [1, 20] : [1, 5, 20, 50]) {
      for (const makePeer of [scriptPeer, ownPeer]) {
        const peer = await makePeer(cluster, tables)
        samples.push(...(await measurePeer(cluster, peer, tables, options)))
        await cluster.dropDatabase(peer.database)
      }
    }
    return summarise(samples, { clients: PROCESSES * CLIENTS, thinkMs: THINK_MS })
  },
}

/** All windows of one peer, each beside one in which nothing happens, so that both see the same machine. */
async function measurePeer(
  cluster: Cluster,
  peer: Peer,
  tables: number,
  { isQuick, tell }: BenchOptions,
): Promise<Sample[]> {
  const url = cluster.url(peer.database)
  await using load = await startLoad({
    url,
    processes: PROCESSES,
    clients: CLIENTS,
    workload: new URL('./switch-wait/clients.ts', import.meta.url),
    options: { tables, rows: ROWS },
    manners: ['prepared'],
    styles: ['unqualified', 'public'],
    thinkMs: THINK_MS,
    label: 'warm-up',
  })
  await sleep(WARM_UP_MS)
  const samples: Sample[] = []
  for (let round = 1; round <= (isQuick ? 1 : ROUNDS); round++) {
    for (const hasReader of [false, true]) {
      // The reader stands in the middle, so that locks are held already when it is met.
      const reader = hasReader ? `t${Math.ceil(tables / 2)}` : undefined
      const observe = async (name: PeerName, act: () => Promise<Partial<Performed>>): Promise<void> => {
        const { window, outcome } = await measureWindow(
          load,
          `${name} ${hasReader} ${round}`,
          hasReader ? READER_WINDOW_MS : WINDOW_MS,
          () => (reader === undefined ? act() : behindReader(url, reader, act)),
        )
        samples.push({ tables, hasReader, peer: name, database: peer.database, round, ...window, ...outcome })
        tell(
          `${tables} tables${hasReader ? ' behind a reader' : ''}, ${name}, round ${round}: ` +
            `longest ${window.max.toFixed(1)} ms, p99 ${window.p99.toFixed(2)} ms, ${window.failed} failed`,
        )
      }
      await observe('no switch', () => Promise.resolve({}))
      const { rehearse } = peer
      // Behind a reader it would wait for nothing.
      if (rehearse && !hasReader) await observe('dry run', () => rehearse().then(() => ({})))
      await observe(peer.name, peer.perform)
      await load.pause()
      await peer.reset()
      await load.resume()
      await sleep(SETTLE_MS)
    }
  }
  return samples
}

const PROCESSES = 2
const CLIENTS = 4
/** With it eight clients make some 500 transactions a second, which leaves the processor room to breathe. */
const THINK_MS = 10
const ROUNDS = 5
const WARM_UP_MS = 2_000
const SETTLE_MS = 500
/** Long enough for a whole phase, and with the reader's three seconds on top. */
const WINDOW_MS = 3_000
const READER_WINDOW_MS = 6_000
