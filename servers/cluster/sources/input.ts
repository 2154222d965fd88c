import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import type { Access } from '../drivers/kubernetes/access.ts'
import { listContexts, readAccess } from '../drivers/kubernetes/access.ts'
import { accessIn } from '../drivers/kubernetes/kubeconfig.ts'
import type { KubernetesSettings } from '../drivers/kubernetes/settings.ts'
import type { Parts } from '../registered.ts'
import { openRegistered } from '../registered.ts'
import { findWorkload, workloadAccess } from './cluster-api.ts'
import { talosContexts, talosKubeconfig } from './talos.ts'

const path = z.string().max(4096).optional()
const name = z.string().max(253).optional()

/** Where the access to a cluster comes from, as it is asked for. */
export const sourceInput = {
  source: z
    .enum(['kubeconfig', 'in-cluster', 'k3d', 'kind', 'talos', 'cluster-api'])
    .default('kubeconfig')
    .describe('Where the access comes from'),
  kubeconfig: path.describe('Absolute path on the machine of the hub'),
  context: name.describe('Context of the kubeconfig or talosconfig; none is taken by itself'),
  name: name.describe('Name of the cluster in k3d, kind or Cluster API'),
  talosconfig: path.describe('Absolute path on the machine of the hub'),
  endpoint: name.describe('Talos control plane node to ask; default: those of the context'),
  management: name.describe('Cluster of this hub that Cluster API runs in'),
  namespace: name.describe('Namespace of the Cluster object; default: searched for'),
}
type Asked = z.output<z.ZodObject<typeof sourceInput>>

export type Found = {
  /** What a registration keeps; absent where what was found must not be kept. */
  kept: KubernetesSettings['source'] | undefined
  access(): Promise<Access>
}

/** Finds what is meant, without asking the cluster itself; what is wrong is said with what there is. */
export async function findSource(asked: Asked, parts: Parts): Promise<Found> {
  switch (asked.source) {
    case 'in-cluster':
      return keptAs({ source: 'in-cluster' })
    case 'kubeconfig': {
      const { kubeconfig, context } = asked
      if (kubeconfig === undefined) throw missing(asked.source, 'kubeconfig')
      return keptAs(await contextOf(kubeconfig, context))
    }
    case 'k3d':
    case 'kind': {
      const kubeconfig = asked.kubeconfig ?? ownKubeconfig()
      const context = asked.name === undefined ? undefined : `${asked.source}-${asked.name}`
      return keptAs(await contextOf(kubeconfig, context, `${asked.source}-`))
    }
    case 'talos':
      return talos(asked)
    case 'cluster-api': {
      const { management } = asked
      if (management === undefined) throw missing(asked.source, 'management')
      const transport = await openRegistered(management, parts)
      try {
        const workload = await findWorkload(transport, management, asked)
        const kept = { source: 'cluster-api' as const, ...workload }
        return {
          kept,
          access: workloadAccess(kept, () => openRegistered(management, parts), parts.clock),
        }
      } finally {
        await transport.close()
      }
    }
  }
}

async function talos({ talosconfig, context, endpoint, source }: Asked): Promise<Found> {
  if (talosconfig === undefined) throw missing(source, 'talosconfig')
  if (context === undefined)
    throw new HubError('ambiguous', 'cluster_add needs `context`, of the talosconfig', {
      hint: `It has: ${(await talosContexts(talosconfig)).join(', ') || 'none'}.`,
    })
  const fetched = () => talosKubeconfig({ talosconfig, context, endpoint })
  return { kept: undefined, access: async () => accessIn(await fetched()) }
}

const keptAs = (kept: KubernetesSettings['source'] & { source: 'kubeconfig' | 'in-cluster' }) => ({
  kept,
  access: () => readAccess(kept),
})

/** A context by its name; the error for another says which there are, of those that may be meant. */
async function contextOf(kubeconfig: string, context: string | undefined, prefix = '') {
  const contexts = (await listContexts(kubeconfig)).filter((one) => one.startsWith(prefix))
  if (context !== undefined && contexts.includes(context))
    return { source: 'kubeconfig' as const, kubeconfig, context }
  const field = prefix === '' ? 'context' : 'name'
  throw new HubError(
    context === undefined ? 'ambiguous' : 'not_found',
    context === undefined
      ? `cluster_add needs \`${field}\`: the current context may be somebody’s production`
      : `${kubeconfig} has no context ${context}`,
    { hint: `It has: ${contexts.slice(0, 50).join(', ') || 'none'}.` },
  )
}

/** Where k3d and kind write to, unless they are told otherwise. */
function ownKubeconfig(): string {
  const [first] = (process.env.KUBECONFIG ?? '').split(delimiter)
  return first || join(homedir(), '.kube', 'config')
}

const missing = (source: string, field: string) =>
  new HubError('invalid', `the source ${source} needs \`${field}\``)
