import type { Logger } from 'pino'
import { HubError } from '../../schemas/errors.ts'
import type { Clock } from '../kit/clock.ts'
import type { Clusters } from '../kit/clusters.ts'
import type { Seal } from '../kit/seal.ts'
import type { Store } from '../kit/store.ts'
import type { Access } from './drivers/kubernetes/access.ts'
import { readAccess } from './drivers/kubernetes/access.ts'
import type { Shelf } from './drivers/kubernetes/account-token.ts'
import { KeptToken, accountAccess } from './drivers/kubernetes/account-token.ts'
import { KubernetesDriver } from './drivers/kubernetes/kubernetes.ts'
import type { Mark } from './drivers/kubernetes/names.ts'
import { Transport } from './drivers/kubernetes/transport.ts'
import { workloadAccess } from './sources/cluster-api.ts'
import { keepCredential, readCredential } from './store/cluster-credentials.ts'
import type { AddedCluster } from './store/clusters.ts'
import { listClusters } from './store/clusters.ts'
import { listCordons } from './store/cordons.ts'

export type Parts = {
  dataDir: string
  clock: Clock
  log: Logger
  store: Store
  readonly seal: Seal
}
type Added = Pick<AddedCluster, 'id' | 'mark' | 'settings'>

export const driverOf = ({ id, mark, settings }: Added, parts: Parts): KubernetesDriver => {
  const { dataDir, clock, log } = parts
  const access = accessOf({ id, mark, settings }, parts)
  return new KubernetesDriver({ id, at: { ...settings, mark }, access, dataDir, clock, log })
}

/** Makes the clusters that were added known again after a start; none of them is asked anything yet. */
export async function restoreClusters(parts: Parts & { clusters: Clusters }): Promise<void> {
  for (const added of await listClusters(parts.store.reader))
    parts.clusters.register(driverOf(added, parts))
  for (const { cluster, node, reason } of await listCordons(parts.store.reader)) {
    const driver = parts.clusters.list().find(({ id }) => id === cluster)
    if (driver?.forgetsCordons) await driver.cordon?.(node, reason)
  }
}

/** How the hub gets into a cluster, read anew each time. */
function accessOf({ id, mark, settings }: Added, parts: Parts): () => Promise<Access> {
  const { source } = settings
  const { clock, log } = parts
  switch (source.source) {
    case 'kubeconfig':
    case 'in-cluster':
      return () => readAccess(source)
    case 'cluster-api':
      return workloadAccess(source, () => openRegistered(source.management, parts), clock)
    case 'account': {
      const warn = (error: unknown) =>
        log.warn({ error, cluster: id }, 'the token for a cluster was not renewed')
      const shelf = shelfOf({ mark }, source.server, parts)
      const access = accountAccess(source, { cluster: id, mark: { mark }, shelf, clock, warn })
      return () => Promise.resolve(access)
    }
  }
}

/** A connection of its own to a cluster that is registered, which who asks for it closes. */
export async function openRegistered(id: string, parts: Parts): Promise<Transport> {
  const added = (await listClusters(parts.store.reader)).find((one) => one.id === id)
  if (!added)
    throw new HubError('not_found', `no cluster ${JSON.stringify(id)} was added`, {
      hint: 'Add the management cluster first; cluster_list shows those that are there.',
    })
  return new Transport(id, accessOf(added, parts), parts.clock)
}

/** Where the token for a cluster lies: sealed, and of use for that server alone. */
export function shelfOf({ mark }: Mark, server: string, { store, seal }: Parts): Shelf {
  const place = `cluster ${mark}\n${server}`
  return {
    async read() {
      const sealed = await readCredential(store.reader, mark)
      const text = sealed && seal.open(place, sealed)
      return text === undefined ? undefined : KeptToken.parse(JSON.parse(text))
    },
    write: (kept) => keepCredential(store, mark, seal.close(place, JSON.stringify(kept))),
  }
}
