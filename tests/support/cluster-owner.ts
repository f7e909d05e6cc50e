// A process that owns a cluster, for tests that kill the owner. Says where the cluster is, then waits to be killed.
import { startCluster } from '../../scripts/cluster/cluster.ts'

const cluster = await startCluster()
console.log(JSON.stringify({ dir: cluster.dir, pid: cluster.pid }))
if (process.env['DESTROY']) await cluster.destroy()
else setInterval(() => {}, 60_000)
