import type { EndState, Command, Scene } from './scene.ts'
import type { Death } from './job.ts'
import type { RunnerPool } from './runner-process.ts'

export interface Way {
  readonly commands: readonly Command[]
  readonly end: EndState
}

/** Kills a command at every event, and at some of its statements; under SOAK=1 at all of them, and goes on in every way. */
export async function killEverywhere(
  scene: Scene,
  pool: RunnerPool,
  command: Command,
  ways: readonly Way[],
  { every = 11, together = 2 } = {},
): Promise<number> {
  const { events, writes } = await scene.measure(pool, command)
  const isSoak = Boolean(process.env['SOAK'])
  const deaths: Death[] = [
    ...numbers(events).map((number) => ({ at: 'event' as const, number })),
    ...numbers(writes)
      .filter((number) => isSoak || number % every === 0)
      .flatMap((number) => [
        { at: 'before' as const, number },
        { at: 'after' as const, number },
      ])
      .filter((_, index) => isSoak || index % 2 === Math.floor(index / 2) % 2),
  ]
  const failures: string[] = []
  await parallel(together, deaths, async (kill, index) => {
    const chosen = isSoak ? ways : [ways[index % ways.length]!]
    try {
      await scene.killAndGoOn(pool, command, kill, chosen)
    } catch (error) {
      failures.push((error as Error).message)
    }
  })
  if (failures.length > 0)
    throw new Error(`${failures.length} of ${deaths.length} deaths:\n${failures.slice(0, 4).join('\n')}`)
  return deaths.length
}

async function parallel<T>(
  lanes: number,
  list: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < list.length) {
      const index = next++
      await work(list[index]!, index)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)
