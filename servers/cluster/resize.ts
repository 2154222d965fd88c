import { z } from 'zod'
import { Pod } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Context } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { resizePod } from './store/pod-moves.ts'
import type { PodRow } from './store/pods.ts'
import { findPod, listLivePods, toPod } from './store/pods.ts'

export const podResize = defineTool({
  name: 'pod_resize',
  title: 'Resize a pod',
  description:
    'Gives a live pod more or less CPU or memory where it is, without ending it; refused where its node has no room. The next pod of its task gets what the task asks for.',
  effect: 'update',
  scope: 'cluster:write',
  idempotent: true,
  input: {
    pod: z.string().max(60).describe('Pod id'),
    cpus: z.number().min(0.1).max(1024).optional().describe('CPU cores; default: as before'),
    memory_mb: z
      .int()
      .min(64)
      .max(4_194_304)
      .optional()
      .describe('Memory in MiB; default: as before'),
  },
  output: Pod,
  run: async ({ pod, cpus, memory_mb: memoryMb }, ctx) => {
    const row = await findPod(ctx, pod)
    const driver = ctx.clusters.get(row.cluster)
    if (row.state !== 'running')
      throw new HubError('conflict', `pod ${pod} is ${row.state}, so it cannot be resized`)
    if (!driver.resize)
      throw new HubError('unsupported', `pods of ${driver.id} cannot be resized`, {
        hint: 'Evict it by pod_evict, and submit its task with other `resources`.',
      })
    const before = toPod(row).resources
    const resources = {
      ...before,
      ...(cpus === undefined ? {} : { cpus }),
      ...(memoryMb === undefined ? {} : { memoryMb }),
    }
    await ensureRoom(ctx, row, resources)
    await driver.resize(pod, resources)
    await resizePod(ctx, pod, resources)
    return toPod(await findPod(ctx, pod))
  },
})

/** Growing takes what nobody was promised; shrinking always may. */
async function ensureRoom(
  ctx: Context,
  row: PodRow,
  wanted: { cpus: number; memoryMb: number },
): Promise<void> {
  const before = toPod(row).resources
  const node = (await ctx.clusters.get(row.cluster).nodes()).find(
    ({ node: name }) => name === row.node,
  )
  if (!node) return // Who runs it says whether there is room.
  const others = (await listLivePods(ctx.reader))
    .filter((pod) => pod.cluster === row.cluster && pod.node === row.node && pod.id !== row.id)
    .map((pod) => toPod(pod).resources)
  const missing = (['cpus', 'memoryMb'] as const).flatMap((name) => {
    const { total, promised } = node[name]
    const used = Math.max(
      promised - before[name],
      others.reduce((sum, one) => sum + one[name], 0),
    )
    const isShared = name === 'cpus' && node.cpus.firm !== true
    const room = isShared ? total : total - used
    const more = wanted[name] > before[name] && wanted[name] > room
    return more ? [`${wanted[name]} ${words[name]} asked for, ${Math.max(0, room)} can be had`] : []
  })
  if (missing.length > 0)
    throw new HubError('exhausted', `${row.node} has no room for it: ${missing.join('; ')}`, {
      hint: 'Move it by pod_evict, or end others.',
    })
}

const words = { cpus: 'CPUs', memoryMb: 'MiB' }
