import type { Cluster } from '../../scripts/cluster/cluster.ts'

/** Ends the server that global-setup.ts started. */
export default async function globalTeardown(): Promise<void> {
  await (globalThis as { testCluster?: Cluster }).testCluster?.destroy()
}
