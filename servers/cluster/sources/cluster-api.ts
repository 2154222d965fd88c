import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import type { Clock } from '../../kit/clock.ts'
import type { Access } from '../drivers/kubernetes/access.ts'
import { ApiError, hasStatus } from '../drivers/kubernetes/api-error.ts'
import { accessIn } from '../drivers/kubernetes/kubeconfig.ts'
import { listAll } from '../drivers/kubernetes/list.ts'
import { Bare, parsed } from '../drivers/kubernetes/objects.ts'
import type { Transport } from '../drivers/kubernetes/transport.ts'

/** A cluster that a management cluster of this hub made. */
export type Workload = { management: string; namespace: string; name: string }

/** Cluster API writes a certificate anew long before it runs out; nothing tells who holds the old one. */
const rereadMs = 60_000
const group = 'cluster.x-k8s.io'
const maxNamed = 50

/** The cluster that is meant, among those of the management cluster. */
export async function findWorkload(
  transport: Transport,
  management: string,
  asked: { name?: string | undefined; namespace?: string | undefined },
): Promise<Workload> {
  const all = (await listClusterObjects(transport, management)).map(({ metadata }) => metadata)
  const fit = all.filter(
    ({ name, namespace }) =>
      name === asked.name && (asked.namespace === undefined || namespace === asked.namespace),
  )
  const [one] = fit
  if (one && fit.length === 1) return { management, namespace: one.namespace, name: one.name }
  const list = all.slice(0, maxNamed).map(({ namespace, name }) => `${namespace}/${name}`)
  const hint = `It has: ${list.join(', ') || 'none'}.`
  if (asked.name === undefined)
    throw new HubError('ambiguous', 'a Cluster API source needs the `name` of a cluster', { hint })
  throw fit.length === 0
    ? new HubError('not_found', `${management} has no Cluster ${asked.name}`, { hint })
    : new HubError('ambiguous', `${management} has several Clusters ${asked.name}`, {
        hint: `Say its \`namespace\`. ${hint}`,
      })
}

/**
 * The access to a workload cluster, by the Secret that Cluster API keeps for it. It is read again each
 * minute and after a refusal; what was read last serves while the management cluster is away.
 */
export function workloadAccess(
  workload: Workload,
  open: () => Promise<Transport>,
  clock: Clock,
): () => Promise<Access> {
  let last: Access | undefined
  return async () => {
    try {
      const transport = await open()
      try {
        last = await readSecret(transport, workload)
      } finally {
        await transport.close()
      }
    } catch (error) {
      if (!last || !(error instanceof HubError) || error.code !== 'unavailable') throw error
    }
    return { ...last, until: clock.now() + rereadMs }
  }
}

async function readSecret(
  transport: Transport,
  { management, namespace, name }: Workload,
): Promise<Access> {
  const secret = `${namespace}/${name}-kubeconfig`
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}-kubeconfig`
  const { data } = parsed(
    Secret,
    await transport.json({ path }).catch((error: unknown) => {
      throw hasStatus(error, 403) || hasStatus(error, 404)
        ? new HubError('not_found', `${management} does not show the Secret ${secret}`, {
            hint: `Cluster API makes it with the control plane; the hub's user there needs \`get\` on it.`,
            cause: error,
          })
        : error
    }),
  )
  return accessIn({
    text: Buffer.from(data.value, 'base64').toString('utf8'),
    name: `the Secret ${secret} of ${management}`,
  })
}

/** The Cluster objects, by whichever version of Cluster API is installed there. */
async function listClusterObjects(transport: Transport, management: string): Promise<Bare[]> {
  try {
    const { preferredVersion } = parsed(Group, await transport.json({ path: `/apis/${group}` }))
    const path = `/apis/${preferredVersion.groupVersion}/clusters`
    return (await listAll(transport, Bare, { path })).items
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
    throw new HubError('unsupported', `${management} is no management cluster of Cluster API`, {
      hint: `It has no ${group}; name the one that \`clusterctl init\` was run on.`,
    })
  }
}

const Group = z.object({ preferredVersion: z.object({ groupVersion: z.string() }) })
const Secret = z.object({ data: z.object({ value: z.string() }) })
