import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { ClusterGuards } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import { Tag } from '../../schemas/tag.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { KubernetesDriver } from './drivers/kubernetes/kubernetes.ts'
import type { KubernetesSettings } from './drivers/kubernetes/settings.ts'
import { assertReachable } from './hub-address.ts'
import { readAuthority } from './hub-authority.ts'
import { driverOf } from './registered.ts'
import { enter } from './sources/enter.ts'
import { findSource, sourceInput } from './sources/input.ts'
import { forgetCluster, keepCluster, keepGuards } from './store/clusters.ts'
import { endPod, listLivePods } from './store/pods.ts'

const cluster = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,39}$/,
    'a name is 1 to 40 lower-case letters, digits or dashes, and begins with a letter or digit',
  )
  .describe('Name of the cluster in this hub')

const Image = z
  .string()
  .regex(/^[\w][\w.:/@-]{0,511}$/, 'expected an image, such as registry.example.org/agent:1.2')

export const clusterAdd = defineTool({
  name: 'cluster_add',
  title: 'Add a cluster',
  description:
    "Adds a Kubernetes cluster, by a context of a kubeconfig on the hub's machine unless `source` says otherwise: makes the place of the org there with what guards it, and tries whether it does, for up to a minute. cluster_list shows those that are there.",
  effect: 'create',
  scope: 'cluster:write',
  input: {
    cluster,
    ...sourceInput,
    least_privilege: z
      .boolean()
      .default(false)
      .describe(
        'Use that access once, to make an account with the rights of the hub alone; always for talos',
      ),
    image: Image.describe('Image of pods that run commands, best with its digest'),
    agent_image: Image.optional().describe(
      'Image of pods that are agents, best with its digest; default: none run there',
    ),
    tags: z
      .array(Tag)
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
      .describe(
        'Address pods reach this hub at: IP address, NAME.NAMESPACE.svc, or a name within `egress`',
      ),
    hub_ca: z
      .string()
      .max(100_000)
      .optional()
      .describe(
        'Certificate authority of `hub_url` where images do not know it: PEM text, or an absolute path on the machine of the hub',
      ),
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
    queue: z
      .string()
      .max(253)
      .optional()
      .describe('ClusterQueue of Kueue that all pods wait in there; default: none'),
    sandbox: z
      .boolean()
      .default(false)
      .describe(
        'Make agents of tasks Sandboxes of agent-sandbox, which pod_suspend ends and pod_resume starts anew with their work; needs `storage_class`',
      ),
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
    const { cluster: id } = input
    ctx.ensure('cluster.change', { cluster: id })
    if (ctx.clusters.list().some((driver) => driver.id === id))
      throw new HubError('conflict', `a cluster ${id} is registered already`)
    const org = orgFor(ctx, input.org)
    if (input.sandbox && input.storage_class === undefined)
      throw new HubError('invalid', '`sandbox` needs `storage_class`: without, no work is kept', {
        hint: 'Name a class of volumes that the cluster has, or leave `sandbox` out.',
      })
    assertReachable(input, ctx.config)
    const hubCa = await readAuthority(input, ctx.now())
    const mark = randomBytes(4).toString('hex')
    const found = await findSource(input, ctx)
    const kept = input.least_privilege ? undefined : found.kept
    const entered = kept ? undefined : await enter(id, { mark }, found, ctx)
    try {
      const settings: KubernetesSettings = {
        // One of the two is there: what may not be kept was entered by.
        source: kept ?? entered!.source,
        ...(input.orgs === undefined ? {} : { orgs: input.orgs }),
        image: input.image,
        ...(input.agent_image === undefined ? {} : { agentImage: input.agent_image }),
        tags: input.tags,
        limits: {
          ...input.limits,
          pods: input.limits.pods ?? ctx.config.file.orgs[org]?.maxPods ?? ctx.config.maxPods,
        },
        ...(input.hub_url === undefined ? {} : { hubUrl: input.hub_url }),
        ...(hubCa === undefined ? {} : { hubCa }),
        egress: input.egress,
        ...(input.storage_class === undefined ? {} : { storageClass: input.storage_class }),
      }
      const driver = driverOf({ id, mark, settings }, ctx)
      try {
        const { version, queue, sandbox } = await driver.premises.inspect(input)
        const all = { ...settings, ...(queue ? { queue } : {}), ...(sandbox ? { sandbox } : {}) }
        const guards = await settle(ctx, driver, { id, mark, settings: all, org })
        return { cluster: id, version, namespaceMark: mark, guards }
      } catch (error) {
        await driver.close()
        throw error
      }
    } catch (error) {
      await entered?.leave()
      throw error
    } finally {
      await entered?.close()
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
