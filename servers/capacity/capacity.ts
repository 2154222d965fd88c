import { z } from 'zod'
import { Capacity } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import { Isolation } from '../../schemas/task.ts'
import type { ClusterDriver } from '../kit/cluster-driver.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { countLivePods } from '../kit/store/live-pods.ts'
import { defineTool } from '../kit/tool.ts'
import { waitMs } from './forecast/queue.ts'
import { readQueue } from './open-queue.ts'
import { readPeers } from './peers.ts'
import type { ClusterRoom } from './room.ts'
import { clusterRoom, roomOn } from './room.ts'
import { capacityText } from './texts.ts'

const Reported = z.object({
  used: z.number().optional().describe('Absent where it is not reported'),
  promised: z.number(),
  total: z.number(),
})

const Output = z.object({
  capacity: Capacity.describe('The machine with most room'),
  room: z.int().describe('Pods of that shape that fit now, on all nodes'),
  shape: z.object({ cpus: z.number(), memoryMb: z.int(), tags: z.array(z.string()) }),
  clusters: z.array(
    z.object({
      id: z.string(),
      state: z.enum(['ready', 'pressure', 'unreachable']),
      reason: z.string().optional(),
      nodes: z.int(),
      closed: z.int().describe('Nodes that take no pods now'),
      cpus: Reported,
      memoryMb: Reported,
      diskMb: Reported.omit({ promised: true }),
      gpus: z.object({ promised: z.number().optional(), total: z.int() }),
      pods: z.object({ live: z.int(), limit: z.int() }),
      room: z.int().describe('Pods of that shape that fit there'),
      why: z
        .array(z.object({ reason: z.string(), nodes: z.int() }))
        .describe('What keeps nodes from taking more'),
    }),
  ),
  quota: z.object({ org: z.string(), live: z.int(), limit: z.int() }),
  queue: z.object({
    waiting: z.int(),
    running: z.int(),
    held: z.int(),
    slots: z.int().describe('Tasks of the org that go on at a time'),
    wait: z
      .object({ lowMs: z.int(), middleMs: z.int(), highMs: z.int() })
      .optional()
      .describe('Until a task submitted now begins; absent while too little is known'),
  }),
  peers: z
    .array(z.object({ name: z.string(), fits: z.boolean(), reasons: z.array(z.string()) }))
    .optional()
    .describe('Whether one pod fits there, where that was asked for'),
})
export type CapacityAnswer = z.infer<typeof Output>

export const capacityRead = defineTool({
  name: 'capacity_read',
  title: 'Read capacity',
  description:
    'Shows what clusters have, use and have promised, how many pods of a given shape still fit where and why not more, and how long the queue is. Use node_list for single machines, capacity_history for the past.',
  effect: 'read',
  scope: 'cluster:read',
  input: {
    cpus: z.number().min(0.1).max(1024).default(1).describe('CPU cores of the shape'),
    memory_mb: z.int().min(64).default(1024).describe('Memory of the shape, in MiB'),
    tags: z.array(z.string().max(64)).max(20).default([]).describe('Tags the shape asks for'),
    isolation: Isolation.optional().describe('Least isolation the shape accepts'),
    cluster: z.string().max(60).optional().describe('Only this cluster; default: all'),
    org: Org.optional().describe('Org whose queue and limit count; default: your own'),
    peers: z.boolean().default(false).describe('Also ask peers whether one such pod fits there'),
  },
  output: Output,
  text: capacityText,
  app: 'capacity',
  run: async ({ cpus, memory_mb: memoryMb, tags, isolation, cluster, ...asked }, ctx) => {
    const org = orgFor(ctx, asked.org)
    const drivers = cluster === undefined ? ctx.clusters.list() : [ctx.clusters.get(cluster)]
    const [shape, needs] = [
      { cpus, memoryMb },
      { tags, isolation },
    ]
    const read = await Promise.all(drivers.map((driver) => readNodes(driver)))
    const clusters = read.map(({ id, nodes, reason }) =>
      reason === undefined ? clusterRoom(id, nodes, shape, needs) : unreachable(id, reason),
    )
    const roomiest = read
      .flatMap(({ nodes }) => nodes)
      .map((capacity) => ({ capacity, room: roomOn(capacity, shape, needs).pods }))
      .reduce<{ capacity: Capacity; room: number } | undefined>(
        (best, one) => (best === undefined || one.room > best.room ? one : best),
        undefined,
      )
    if (roomiest === undefined) {
      throw new HubError('unavailable', 'no machine of a cluster answers', {
        hint: 'cluster_list says how each cluster is.',
      })
    }
    return {
      capacity: roomiest.capacity,
      room: clusters.reduce((sum, { room }) => sum + room, 0),
      shape: { ...shape, tags },
      clusters,
      ...(await readDemand(ctx, org)),
      ...(asked.peers ? { peers: await readPeers(ctx, { org, resources: shape, needs }) } : {}),
    }
  },
})

async function readNodes(driver: ClusterDriver) {
  const { id } = driver
  try {
    return { id, nodes: await driver.nodes(), reason: undefined }
  } catch (error) {
    return { id, nodes: [], reason: error instanceof Error ? error.message : String(error) }
  }
}

function unreachable(id: string, reason: string): ClusterRoom {
  const nothing = clusterRoom(id, [], { cpus: 1, memoryMb: 1 }, {})
  return { ...nothing, state: 'unreachable', reason }
}

/** What an org may run and runs, what waits, and how long what comes now would. */
async function readDemand(ctx: Context, org: string) {
  const { maxPods, file } = ctx.config
  const { waiting, running, slots, held, history } = await readQueue(ctx, org)
  const wait = waitMs(history, { waiting, running, slots })
  const counts = { waiting: waiting.length, running: running.length, held, slots }
  const rounded = wait && {
    lowMs: Math.round(wait.low),
    middleMs: Math.round(wait.middle),
    highMs: Math.round(wait.high),
  }
  return {
    quota: {
      org,
      live: await countLivePods(ctx.reader, org),
      limit: Math.min(maxPods, file.orgs[org]?.maxPods ?? maxPods),
    },
    queue: { ...counts, ...(rounded ? { wait: rounded } : {}) },
  }
}
