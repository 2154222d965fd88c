import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { z } from 'zod'
import { ClusterGuards } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { listContexts } from './drivers/kubernetes/access.ts'
import { serviceNamespace } from './drivers/kubernetes/baseline.ts'
import { KubernetesDriver } from './drivers/kubernetes/kubernetes.ts'
import type { KubernetesSettings } from './drivers/kubernetes/settings.ts'
import { podLimit } from './placement.ts'
import { driverOf } from './registered.ts'
import { forgetCluster, keepCluster, keepGuards } from './store/clusters.ts'
import { endPod, listLivePods } from './store/pods.ts'

const cluster = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
  .describe('Name of the cluster in this hub')

export const clusterAdd = defineTool({
  name: 'cluster_add',
  title: 'Add a cluster',
  description:
    "Adds a Kubernetes cluster by a context of a kubeconfig on the hub's machine, or the one the hub runs in: makes the place of the org there with what guards it, and tries whether it does. cluster_list shows those that are there.",
  effect: 'create',
  scope: 'cluster:write',
  input: {
    cluster,
    source: z
      .enum(['kubeconfig', 'in-cluster'])
      .default('kubeconfig')
      .describe('Where the access comes from; it is read there each time and never kept'),
    kubeconfig: z.string().max(4096).optional().describe('Absolute path on the machine of the hub'),
    context: z
      .string()
      .max(253)
      .optional()
      .describe('Context of the kubeconfig; none is taken by itself'),
    image: z
      .string()
      .regex(/^[\w][\w.:/@-]{0,511}$/)
      .describe('Image of all pods there, best with its digest'),
    tags: z
      .array(z.string().regex(/^[\w.:-]{1,64}$/))
      .max(20)
      .default([])
      .describe('Tags that all its nodes offer, beside those of their labels'),
    limits: z
      .strictObject({
        pods: z
          .int()
          .min(1)
          .max(100_000)
          .optional()
          .describe('Default: the most pods of the org here'),
        cpus: z.number().min(0.1).max(1_000_000).default(64).describe('CPU cores'),
        memoryMb: z.int().min(64).max(1_000_000_000).default(131_072).describe('Memory in MiB'),
        storageGb: z.int().min(0).max(1_000_000).default(100).describe('Volumes in GiB'),
      })
      .prefault({})
      .describe('What each org may use there at a time'),
    hub_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Address pods reach this hub at: an IP address, or NAME.NAMESPACE.svc'),
    egress: z
      .array(z.union([z.cidrv4(), z.cidrv6()]))
      .max(50)
      .default([])
      .describe('Networks pods may reach, as CIDR; default: none but DNS and the hub'),
    storage_class: z
      .string()
      .max(253)
      .optional()
      .describe('Class of the volumes that keep work between pods; default: it is not kept'),
    orgs: z
      .array(Org)
      .min(1)
      .max(1000)
      .optional()
      .describe('Orgs whose pods may run there; default: all'),
    org: Org.optional().describe('Org whose place is made first; default: your own'),
  },
  output: z.object({
    cluster: z.string(),
    version: z.string(),
    namespaceMark: z.string().describe('Ends the names of the namespaces of this registration'),
    guards: ClusterGuards,
  }),
  run: async (input, ctx) => {
    const { cluster: id, limits } = input
    ctx.ensure('cluster.change', { cluster: id })
    if (ctx.clusters.list().some((driver) => driver.id === id))
      throw new HubError('conflict', `a cluster ${id} is registered already`)
    const org = orgFor(ctx, input.org)
    assertReachable(input.hub_url)
    const settings: KubernetesSettings = {
      source: await sourceOf(input),
      ...(input.orgs === undefined ? {} : { orgs: input.orgs }),
      image: input.image,
      tags: input.tags,
      limits: { ...limits, pods: limits.pods ?? podLimit(ctx, org) },
      ...(input.hub_url === undefined ? {} : { hubUrl: input.hub_url }),
      egress: input.egress,
      ...(input.storage_class === undefined ? {} : { storageClass: input.storage_class }),
    }
    const mark = randomBytes(4).toString('hex')
    const driver = driverOf({ id, mark, settings }, ctx)
    try {
      const version = await driver.premises.inspect()
      const guards = await settle(ctx, driver, { id, mark, settings, org })
      return { cluster: id, version, namespaceMark: mark, guards }
    } catch (error) {
      await driver.close()
      throw error
    }
  },
})

export const clusterRemove = defineTool({
  name: 'cluster_remove',
  title: 'Remove a cluster',
  description:
    'Takes a cluster that was added out of this hub, and removes there all that the hub has made: namespaces, what guards them, kept work. Its pods have to be ended before, by pod_delete.',
  effect: 'destroy',
  scope: 'cluster:write',
  input: {
    cluster,
    forget: z
      .boolean()
      .default(false)
      .describe('Also where it does not answer; then what was made there stays there'),
  },
  output: z.object({
    cluster: z.string(),
    removed: z.boolean().describe('Whether what was made there is removed as well'),
  }),
  run: async ({ cluster: id, forget }, ctx) => {
    ctx.ensure('cluster.change', { cluster: id })
    const driver = ctx.clusters.get(id)
    if (!(driver instanceof KubernetesDriver))
      throw new HubError('unsupported', `${id} is the machine of the hub, which cannot be removed`)
    const live = (await listLivePods(ctx.reader)).filter((pod) => pod.cluster === id)
    if (live.length > 0 && !forget)
      throw new HubError(
        'conflict',
        `${live.length} pods live on ${id}, the first is ${live[0]?.id}`,
        {
          hint: 'End them by pod_delete; pod_list shows them.',
        },
      )
    const removed = await driver.premises.remove().then(
      () => true,
      (error: unknown) => {
        if (forget && error instanceof HubError) return false
        throw error
      },
    )
    await forgetCluster(ctx, id)
    ctx.clusters.unregister(id)
    await driver.close()
    const reason = `the cluster ${id} was removed`
    for (const pod of live) await endPod(ctx, pod.id, { exitCode: null, reason })
    return { cluster: id, removed }
  },
})

/** Records the cluster and makes what it needs; what fails leaves no trace that could be removed. */
async function settle(
  ctx: Context,
  driver: KubernetesDriver,
  { org, ...added }: { id: string; mark: string; settings: KubernetesSettings; org: string },
): Promise<ClusterGuards> {
  const { id } = added
  await keepCluster(ctx, added, ctx.principal.id)
  try {
    await driver.premises.ensure(org)
    const guards = await driver.premises.probe(org)
    await keepGuards(ctx, id, guards)
    ctx.clusters.register(driver)
    await driver.sweep(new Set())
    return guards
  } catch (error) {
    if (ctx.clusters.list().includes(driver)) ctx.clusters.unregister(id)
    await driver.premises.remove().catch((cause: unknown) => {
      ctx.log.warn(
        { error: cause, cluster: id, mark: added.mark },
        'what was made in a cluster stays there',
      )
    })
    await forgetCluster(ctx, id)
    throw error
  }
}

async function sourceOf(input: {
  source: 'kubeconfig' | 'in-cluster'
  kubeconfig?: string | undefined
  context?: string | undefined
}): Promise<KubernetesSettings['source']> {
  const { source, kubeconfig, context } = input
  if (source === 'in-cluster') return { source }
  if (kubeconfig === undefined)
    throw new HubError('invalid', 'cluster_add needs `kubeconfig`, or `source: in-cluster`')
  const contexts = await listContexts(kubeconfig)
  if (context !== undefined && contexts.includes(context)) return { source, kubeconfig, context }
  throw new HubError(
    context === undefined ? 'ambiguous' : 'not_found',
    context === undefined
      ? 'cluster_add needs `context`: the current one may be somebody’s production'
      : `${kubeconfig} has no context ${context}`,
    { hint: `It has: ${contexts.slice(0, 50).join(', ') || 'none'}.` },
  )
}

/** A policy of the network knows addresses and namespaces, no names. */
function assertReachable(hubUrl: string | undefined): void {
  if (hubUrl === undefined) return
  const { hostname } = new URL(hubUrl)
  if (isIP(hostname.replace(/^\[|\]$/g, '')) > 0 || serviceNamespace(hostname) !== undefined) return
  throw new HubError('invalid', `hub_url names ${hostname}, which a network policy cannot`, {
    hint: 'Give the IP address, or NAME.NAMESPACE.svc of a service in the cluster.',
  })
}
