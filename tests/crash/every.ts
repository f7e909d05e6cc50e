import type { EndState, Command, Scene } from './scene.ts'
import type { Death } from './job.ts'
import type { RunnerPool } from './runner-process.ts'

export interface Way {
  readonly commands: readonly Command[]
  readonly end: EndState
}

/** Before a step's intent is noted, after it, after its change; before and after a phase or run is noted as done. */
const journalPoint = /^(step:start|action:end|phase:end|run:end)/

/**
 * Kills a command at every kind of journal point and at some of its statements; under SOAK=1 at every single event and
 * statement, and goes on in every way from each. `about` keeps to events whose signature it fits, unless SOAK=1.
 */
export async function killEverywhere(
  scene: Scene,
  pool: RunnerPool,
  command: Command,
  ways: readonly Way[],
  { together = 2, about = journalPoint }: { readonly together?: number; readonly about?: RegExp } = {},
): Promise<number> {
  const { signatures, writes } = await scene.measure(pool, command)
  const isSoak = Boolean(process.env['SOAK'])
  const events = signatures.map((signature, index) => ({ signature, number: index + 1 }))
  const deaths: Death[] = [
    ...events
      .filter(
        ({ signature }, index) =>
          isSoak || (about.test(signature) && signatures.indexOf(signature) === index),
      )
      .map(({ number }) => ({ at: 'event' as const, number })),
    ...Array.from({ length: writes }, (_, n) => n + 1).flatMap((number): Death[] => {
      if (isSoak)
        return [
          { at: 'before', number },
          { at: 'after', number },
        ]
      return number % 83 === 0 ? [{ at: number % 2 === 0 ? 'before' : 'after', number }] : []
    }),
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
