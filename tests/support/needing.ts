import { test } from '@jest/globals'
import { sharedCluster } from './cluster.ts'

type Test = typeof test

const { binaries } = sharedCluster()

/** Tests of what pg_dump writes: where there is none for the server they are skipped, and their names say why. */
export const testWithPgDump = binaries.canDump ? test : skipping('a pg_dump that dumps this server')

/** Tests of what begins with a major version of PostgreSQL. */
export function testSince(major: number): Test {
  return binaries.major >= major ? test : skipping(`PostgreSQL ${major}`)
}

function skipping(what: string): Test {
  const named = (name: string): string => `${name} [needs ${what}]`
  const skipped = (name: string, ...rest: Rest): void => test.skip(named(name), ...rest)
  const each = (...table: Parameters<typeof test.skip.each>) => {
    const rows = test.skip.each(...table) as (name: string, ...rest: Rest) => void
    return (name: string, ...rest: Rest): void => rows(named(name), ...rest)
  }
  return Object.assign(skipped, { each }) as unknown as Test
}

type Rest = Parameters<typeof test> extends [unknown, ...infer Others] ? Others : never
