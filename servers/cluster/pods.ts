import { z } from 'zod'
import { Pod } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { page, pageInput } from '../../schemas/page.ts'
import { Org } from '../../schemas/principal.ts'
import { Isolation, Resources } from '../../schemas/task.ts'
import { startableClusters } from '../kit/clusters.ts'
import { orgFilter, orgFor } from '../kit/context.ts'
import { readSubmitter } from '../kit/store/submitters.ts'
import { defineTool } from '../kit/tool.ts'
import { podLimit, podRunners, rateOffers, readOffers } from './placement.ts'
import { agentProgram, startPod } from './pod-start.ts'
import type { Place, PodRow } from './store/pods.ts'
import { admitPod, findPod, listPods, markStopping, toPod } from './store/pods.ts'
import { podsText } from './texts.ts'

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
    resources: Resources.prefault({}).describe('What the pod needs; more memory than that ends it'),
    isolation: Isolation.optional().describe('Least isolation to accept'),
    timeout_ms: z.int().min(1000).max(86_400_000).default(3_600_000).describe('Time limit'),
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
    const request = {
      resources,
      needs: { isolation, tags },
      runners: podRunners(ctx.config),
      org,
      limit: podLimit(ctx, org),
    }
    const place = (live: PodRow[]): Place => {
      const [best, ...others] = rateOffers(offers, live, request)
      const node = offers.nodes.find(
        (one) => one.cluster === best?.cluster && one.node === best.node,
      )
      if (!best?.fits || best.cluster === undefined || !node) {
        const reasons = [best, ...others].flatMap((one) => one?.reasons ?? [])
        throw new HubError('exhausted', `no node can take the pod: ${reasons.join('; ')}`)
      }
      const { limits } = ctx.clusters.get(best.cluster)
      return { cluster: best.cluster, node: node.node, isolation: node.isolation, limits }
    }
    const asked = {
      ids: { pod: ctx.id('pod'), token: ctx.id('token') },
      org,
      task,
      command: command ?? agentProgram,
      resources,
      timeoutMs: input.timeout_ms,
    }
    const { row, token } = await admitPod(ctx, asked, place)
    return toPod(await startPod(ctx, row, token, { runner: input.runner, tags }))
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
  description: 'Lists pods, newest first, live ones by default. Use pod_read for one of them.',
  effect: 'read',
  scope: 'cluster:read',
  input: {
    task: z.string().max(60).optional().describe('Only pods of this task'),
    ended: z.boolean().default(false).describe('Also those that have ended'),
    org: Org.optional().describe('Only this org'),
    ...pageInput,
  },
  output: page(Pod),
  text: podsText,
  run: ({ task, ended, org, cursor, limit }, ctx) =>
    listPods(ctx.reader, { task, ended, orgs: orgFilter(ctx, org), cursor, limit }),
})
