import { z } from 'zod'
import { Pod } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { page, pageInput } from '../../schemas/page.ts'
import { Org } from '../../schemas/principal.ts'
import { Isolation, Resources } from '../../schemas/task.ts'
import { orgFilter, orgFor } from '../kit/context.ts'
import { listNewest } from '../kit/listing.ts'
import { defineTool } from '../kit/tool.ts'
import { agentCommand } from './agent-command.ts'
import type { PodRow } from './pod-rows.ts'
import { findPod, livePods, toPod, withPromised } from './pod-rows.ts'
import { insertPod, podToken, startPod } from './pod-start.ts'
import { rateNode } from './placement.ts'
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
    org: Org.optional().describe('Org the pod belongs to; default: your own'),
  },
  output: Pod,
  run: async ({ task, command, resources, isolation, timeout_ms: timeoutMs, org: asked }, ctx) => {
    if ((task === undefined) === (command === undefined)) {
      throw new HubError('invalid', 'pod_run needs either `task` or `command`')
    }
    const org = orgFor(ctx, asked)
    const ids = { pod: ctx.id('pod'), token: ctx.id('token') }
    const capacity = await ctx.cluster.capacity()
    const { row, token } = await ctx.write((tx) => {
      const live = livePods(tx)
      const running = task === undefined ? undefined : live.find((pod) => pod.task === task)
      if (running) {
        throw new HubError('conflict', `pod ${running.id} already runs for task ${task}`, {
          details: { pod: running.id },
        })
      }
      const limit = ctx.config.file.orgs[org]?.maxPods ?? ctx.config.maxPods
      const quota = { used: live.filter((pod) => pod.org === org).length, limit }
      const rating = rateNode(withPromised(capacity, live), { resources, isolation, quota })
      if (!rating.fits)
        throw new HubError('exhausted', `no node can take the pod: ${rating.reasons.join('; ')}`)
      const row: PodRow = {
        id: ids.pod,
        org,
        cluster: ctx.cluster.id,
        node: ctx.cluster.node,
        task: task ?? null,
        command: JSON.stringify(command ?? agentCommand()),
        state: 'starting',
        isolation: ctx.cluster.isolation,
        limits: JSON.stringify(ctx.cluster.limits),
        resources: JSON.stringify(resources),
        timeout_ms: timeoutMs,
        pid: null,
        pid_started: null,
        exit_code: null,
        reason: null,
        created_at: tx.now,
        ended_at: null,
      }
      insertPod(tx, row)
      return { row, token: task === undefined ? undefined : podToken(tx, ids, org, task) }
    })
    return toPod(await startPod(ctx, row, token))
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
    const row = findPod(ctx, ctx.store, pod)
    if (row.ended_at !== null) return toPod(row)
    await ctx.write((tx) => {
      tx.about(pod)
      tx.run(`UPDATE pods SET state = 'stopping' WHERE id = :pod AND ended_at IS NULL`, { pod })
    })
    await ctx.cluster.stop(pod, graceMs, reason)
    return toPod(findPod(ctx, ctx.store, pod))
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
  run: async ({ task, ended, org, cursor, limit }, ctx) =>
    listNewest(ctx.store, {
      table: 'pods',
      filters: { task },
      orgs: orgFilter(ctx, org),
      also: ended ? undefined : 'ended_at IS NULL',
      cursor,
      limit,
      toItem: toPod,
    }),
})
