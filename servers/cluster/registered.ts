import type { Logger } from 'pino'
import type { Clock } from '../kit/clock.ts'
import type { Clusters } from '../kit/clusters.ts'
import type { Store } from '../kit/store.ts'
import { KubernetesDriver } from './drivers/kubernetes/kubernetes.ts'
import type { AddedCluster } from './store/clusters.ts'
import { listClusters } from './store/clusters.ts'

type Parts = { dataDir: string; clock: Clock; log: Logger }

export const driverOf = (
  { id, mark, settings }: Pick<AddedCluster, 'id' | 'mark' | 'settings'>,
  { dataDir, clock, log }: Parts,
): KubernetesDriver => new KubernetesDriver({ id, at: { ...settings, mark }, dataDir, clock, log })

/** Makes the clusters that were added known again after a start; none of them is asked anything yet. */
export async function restoreClusters(
  parts: Parts & { store: Store; clusters: Clusters },
): Promise<void> {
  for (const added of await listClusters(parts.store.reader))
    parts.clusters.register(driverOf(added, parts))
}
