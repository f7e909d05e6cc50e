import { randomBytes } from 'node:crypto'
import { sharedCluster } from './cluster.ts'

/** A database of the shared cluster that is dropped at the end of its scope. */
export interface FreshDatabase extends AsyncDisposable {
  readonly name: string
  readonly url: string
}

/** Creates an empty database with a name that no other test has. */
export async function freshDatabase(prefix: string, template?: string): Promise<FreshDatabase> {
  const cluster = sharedCluster()
  const name = `${prefix}_${randomBytes(4).toString('hex')}`
  const url = await cluster.createDatabase(name, template)
  return { name, url, [Symbol.asyncDispose]: () => cluster.dropDatabase(name) }
}
