import { z } from 'zod'
import { ClusterGuards } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { assertAccountPlace } from './drivers/kubernetes/account.ts'
import { KubernetesDriver } from './drivers/kubernetes/kubernetes.ts'
import { enter } from './sources/enter.ts'
import { findSource, sourceInput } from './sources/input.ts'
import type { AddedCluster } from './store/clusters.ts'
import { keepGuards, listClusters } from './store/clusters.ts'

const cluster = z.string().max(60).describe('Name of a cluster that was added')

export const clusterCheck = defineTool({
  name: 'cluster_check',
  title: 'Check a cluster',
  description:
    'Looks anew whether a cluster that was added lets the hub in and enforces what guards pods; pods of an image of its own try the network for up to a minute. cluster_list shows what was found last.',
  effect: 'update',
  scope: 'cluster:write',
  input: { cluster, org: Org.optional().describe('Org whose place is tried; default: your own') },
  output: z.object({ cluster: z.string(), version: z.string(), guards: ClusterGuards }),
  run: async (input, ctx) => {
    const { driver } = await added(ctx, input.cluster)
    const org = orgFor(ctx, input.org)
    const { version } = await driver.premises.inspect()
    driver.premises.forget(org)
    await driver.premises.ensure(org)
    const guards = await driver.premises.probe(org)
    await keepGuards(ctx, driver.id, guards)
    return { cluster: driver.id, version, guards }
  },
})

export const clusterRenew = defineTool({
  name: 'cluster_renew',
  title: 'Renew the access to a cluster',
  description:
    "Gives the hub's own account in a cluster its rights and a token anew, by the access of an administrator that is used once: after its token ran out while the hub was off. Other clusters are renewed where their access is read from.",
  effect: 'update',
  scope: 'cluster:write',
  input: { cluster, ...sourceInput },
  output: z.object({ cluster: z.string(), version: z.string() }),
  run: async (input, ctx) => {
    const { driver, mark, settings } = await added(ctx, input.cluster)
    if (settings.source.source !== 'account')
      throw new HubError('unsupported', `the hub has no account of its own in ${driver.id}`, {
        hint: `Its access is read from ${settings.source.source} each time: renew it there.`,
      })
    const found = await findSource(input, ctx)
    const check = (admin: Parameters<typeof assertAccountPlace>[0]) =>
      assertAccountPlace(admin, { mark })
    const { server } = settings.source
    const { close } = await enter(driver.id, { mark }, found, ctx, { check, server })
    await close()
    return { cluster: driver.id, version: (await driver.premises.inspect()).version }
  },
})

async function added(
  ctx: Context,
  id: string,
): Promise<AddedCluster & { driver: KubernetesDriver }> {
  ctx.ensure('cluster.change', { cluster: id })
  const driver = ctx.clusters.get(id)
  const row = (await listClusters(ctx.reader)).find((one) => one.id === id)
  if (driver instanceof KubernetesDriver && row) return { ...row, driver }
  throw new HubError('unsupported', `${id} is the machine of the hub, which was not added`)
}
