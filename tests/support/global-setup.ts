import { startCluster, type Cluster } from '../../scripts/cluster/cluster.ts'

/** Starts the one server that all test files share; each file makes databases of its own in it. */
export default async function globalSetup(): Promise<void> {
  const cluster = await startCluster()
  // Jest loads setup and teardown as separate modules, and the workers are other processes.
  ;(globalThis as { testCluster?: Cluster }).testCluster = cluster
  const { dir, host, port, superuser, password, binaries } = cluster
  process.env['PGRELOCATE_TEST_CLUSTER'] = JSON.stringify({ dir, host, port, superuser, password, binaries })
}
