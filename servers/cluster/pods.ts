import { z } from 'zod'
import { Pod, PodGroup, PodState } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { page, pageInput } from '../../schemas/page.ts'
import { Org } from '../../schemas/principal.ts'
import { AskedResources, Isolation } from '../../schemas/task.ts'
import { startableClusters } from '../kit/clusters.ts'
import { orgFilter, orgFor } from '../kit/context.ts'
import { readSubmitter } from '../kit/store/submitters.ts'
import { defineTool } from '../kit/tool.ts'
import { rateOffers, readOffers } from './placement.ts'
import { agentProgram, startPod } from './pod-start.ts'
import { wantedGpus } from './offer.ts'
import { requestOf } from './request.ts'
import type { Occupied } from './store/occupied.ts'
import { groupPods, podGroupings } from './store/pod-groups.ts'
import { listPods } from './store/pod-list.ts'
import type { Place } from './store/pods.ts'
import { markStopping } from './store/pod-moves.ts'
import { admitPod, findPod, toPod } from './store/pods.ts'
import { podsText } from './texts.ts'

/** Nodes whose reasons a refusal names: the best of them, since all would say much the same. */
const shownRefusals = 20

export const podRun = defineTool({
  name: 'pod_run',
  title: 'Run a pod',
  description:
    'Starts a process in a folder of its own: the agent of a queued task, or a plain command. Use task_submit for work that should be queued, logged and retried.',
  effect: 'create',
  scope: 'cluster:write',
  needsDiskRoom: true,
  input: {
    task: z.string().max(60).optional().describe('Start the agent for this task'),
    command: z
      .array(z.string().max(8000))
      .min(1)
      .max(200)
      .optional()
      .describe('Or run this program with these arguments'),
    resources: AskedResources.prefault({}).describe(
      'What the pod needs; more memory than that ends it',
    ),
    isolation: Isolation.optional().describe('Least isolation to accept'),
    timeout_ms: z.int().min(1000).max(90_000_000).default(3_600_000).describe('Time limit'),
    tags: z.array(z.string().max(64)).max(20).default([]).describe('Tags the node must have'),
    cluster: z.string().max(60).optional().describe('Only this cluster; default: the best fit'),
    runner: z
      .string()
      .max(60)
      .optional()
      .describe('With `task`: external agent whose variables the pod is given'),
    org: Org.optional().describe('Org the pod belongs to; default: your own'),
  },
  output: Pod,
  run: async (input, ctx) => {
    const { task, command, resources, isolation, tags, cluster } = input
    if ((task === undefined) === (command === undefined)) {
      throw new HubError('invalid', 'pod_run needs either `task` or `command`')
    }
    const org = orgFor(ctx, input.org)
    const submitter = task === undefined ? undefined : await readSubmitter(ctx.reader, task)
    const runs = task === undefined ? 'command' : 'agent'
    const drivers = await startableClusters(ctx, { cluster, org, runs, submitter })
    const offers = await readOffers(drivers)
    const known = task === undefined ? undefined : await ctx.carriers.task(task)
    const { template, repo } = known ?? {}
    const needs = { isolation, tags }
    const request = await requestOf(ctx, { org, resources, needs, task, template, repo })
    const place = (occupied: Occupied): Place => {
      const [best, ...others] = rateOffers(offers, occupied, request, shownRefusals)
      const node = offers.nodes.find(
        (one) => one.cluster === best?.cluster && one.node === best.node,
      )
      if (!best?.fits || best.cluster === undefined || !node) {
        const reasons = [best, ...others].flatMap((one) => one?.reasons ?? [])
        throw new HubError('exhausted', `no node can take the pod: ${reasons.join('; ')}`)
      }
      const driver = ctx.clusters.get(best.cluster)
      const gpus = wantedGpus(resources, needs, node)
      return {
        ...{ cluster: best.cluster, node: node.node, isolation: node.isolation },
        limits: driver.limitsOf?.(org) ?? driver.limits,
        resources: gpus > 0 ? { ...resources, gpus } : resources,
        identifies: driver.identify !== undefined,
        avoids: (occupied.held ?? []).flatMap((one) =>
          one.cluster === best.cluster && one.node !== node.node && one.task !== task
            ? [one.node]
            : [],
        ),
      }
    }
    const asked = {
      ids: { pod: ctx.id('pod'), token: ctx.id('token') },
      org,
      task,
      template,
      repo,
      command: command ?? agentProgram,
      timeoutMs: input.timeout_ms,
    }
    const { countsUse } = request
    const { row, token, avoids } = await admitPod(ctx, { ...asked, countsUse }, place)
    return toPod(await startPod(ctx, row, token, { runner: input.runner, tags, avoids }))
  },
})

export const podDelete = defineTool({
  name: 'pod_delete',
  title: 'Stop a pod',
  description:
    'Ends a pod with everything it started, politely first and by force after a moment. Use task_cancel to stop the task as well.',
  effect: 'destroy',
  scope: 'cluster:write',
  idempotent: true,
  input: {
    pod: z.string().max(60).describe('Pod id'),
    grace_ms: z.int().min(0).max(60_000).default(2000).describe('Time to end by itself'),
    reason: z.string().max(500).default('deleted').describe('Why, for the record'),
  },
  output: Pod,
  run: async ({ pod, grace_ms: graceMs, reason }, ctx) => {
    const row = await findPod(ctx, pod)
    if (row.ended_at !== null) return toPod(row)
    const driver = ctx.clusters.get(row.cluster)
    await markStopping(ctx, pod)
    await driver.stop(pod, graceMs, reason)
    return toPod(await findPod(ctx, pod))
  },
})

export const podList = defineTool({
  name: 'pod_list',
  title: 'List pods',
  description:
    'Lists pods, newest first, live ones by default; with `by` it counts them instead, which is the first thing to ask where there are many. Use pod_read for one of them.',
  effect: 'read',
  scope: 'cluster:read',
  input: {
    task: z.string().max(60).optional().describe('Only pods of this task'),
    cluster: z.string().max(60).optional().describe('Only pods on this cluster'),
    state: PodState.optional().describe('Only pods in this state'),
    ended: z.boolean().default(false).describe('Also those that have ended'),
    by: z.enum(podGroupings).optional().describe('Count them by this, up to 100 groups'),
    org: Org.optional().describe('Only this org'),
    ...pageInput,
  },
  output: page(Pod).extend({
    groups: z.array(PodGroup).optional().describe('The counts that were asked for by `by`'),
  }),
  text: podsText,
  run: async ({ by, cursor, limit, org, ...only }, ctx) => {
    const asked = {
      ...only,
      ended: only.ended || only.state === 'exited',
      orgs: orgFilter(ctx, org),
    }
    if (by !== undefined)
      return { items: [], groups: await groupPods(ctx.reader, { ...asked, by }) }
    return listPods(ctx.reader, { ...asked, cursor, limit })
  },
})
