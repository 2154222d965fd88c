import { z } from 'zod'
import { listAll } from './list.ts'
import type { Handle } from './live-pod.ts'
import { Bare, Condition, parsed } from './objects.ts'
import type { KubernetesSettings } from './settings.ts'
import type { Transport } from './transport.ts'

// What may stand in a cluster beside Kubernetes itself. It is found by the groups of its API.

const kueueGroup = 'kueue.x-k8s.io'
export const queueLabel = `${kueueGroup}/queue-name`
/** The queue of each namespace of ours, which leads to the one of the cluster. */
export const queueName = 'switchyard'

const known: Record<string, 'kueue' | 'agent-sandbox'> = {
  [kueueGroup]: 'kueue',
  'agents.x-k8s.io': 'agent-sandbox',
}

export type Extension = { name: 'kueue' | 'agent-sandbox'; apiVersion: string }

export async function extensionsOf(transport: Transport): Promise<Extension[]> {
  const { groups } = parsed(Groups, await transport.json({ path: '/apis' }))
  return groups.flatMap(({ name, preferredVersion }) => {
    const word = known[name]
    return word === undefined ? [] : [{ name: word, apiVersion: preferredVersion.groupVersion }]
  })
}

/** Why a pod waits in its queue, in the words of Kueue; undefined where it says nothing. */
export async function queueReason(
  transport: Transport,
  { queue }: Pick<KubernetesSettings, 'queue'>,
  { namespace, uid }: Handle,
): Promise<string | undefined> {
  if (!queue) return undefined
  const { items } = await listAll(transport, Workload, {
    path: `/apis/${queue.apiVersion}/namespaces/${namespace}/workloads`,
    query: { labelSelector: `${kueueGroup}/job-uid=${uid}` },
  })
  const said = items.flatMap(({ status }) => status.conditions)
  const why = ['Evicted', 'QuotaReserved', 'Admitted']
    .map((type) => said.find((one) => one.type === type))
    .find((one) => one && (one.type === 'Evicted' ? one.status === 'True' : one.status === 'False'))
  return why && `it waits in the queue ${queue.name}: ${why.message || why.reason}`
}

const Groups = z.object({
  groups: z.array(
    z.object({ name: z.string(), preferredVersion: z.object({ groupVersion: z.string() }) }),
  ),
})

const Workload = Bare.extend({
  status: z.object({ conditions: z.array(Condition).default([]) }).prefault({}),
})
