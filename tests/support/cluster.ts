import { accessCluster, type ClusterAccess, type ClusterAddress } from '../../scripts/cluster/access.ts'

export type { ClusterAccess } from '../../scripts/cluster/access.ts'
export { startCluster, type Cluster } from '../../scripts/cluster/cluster.ts'

/**
 * The server that all test files share. It cannot be stopped from here: a test that needs to stop, crash or
 * configure a server starts its own with `startCluster`.
 */
export function sharedCluster(): ClusterAccess {
  const address = process.env['PGRELOCATE_TEST_CLUSTER']
  if (!address) throw new Error('no shared cluster: run the tests through jest, whose global setup starts it')
  return accessCluster(JSON.parse(address) as ClusterAddress)
}
