import { z } from 'zod'
import type { Capacity } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import type { ClusterDriver } from '../kit/cluster-driver.ts'
import type { Context } from '../kit/context.ts'
import { lineText } from '../kit/table.ts'
import { defineTool } from '../kit/tool.ts'
import { evict } from './evictions.ts'
import { keepCordon } from './store/cordons.ts'
import type { PodRow } from './store/pods.ts'
import { listLivePods } from './store/pods.ts'

const Drained = z.object({
  cluster: z.string(),
  node: z.string(),
  closed: z.string().optional().describe('Why it takes no new pods, where it takes none'),
  pods: z
    .array(
      z.object({
        pod: z.string(),
        org: z.string(),
        task: z.string().optional(),
        state: z.enum(['stays', 'would_move', 'moved', 'refused']),
        reason: z.string().optional().describe('Why it could not be moved'),
      }),
    )
    .describe('Pods of this hub that were there'),
})
type Drained = z.infer<typeof Drained>

export const nodeDrain = defineTool({
  name: 'node_drain',
  title: 'Drain a node',
  description:
    'Closes a node to new pods and moves those of this hub away, whose tasks go on elsewhere; what a disruption budget protects stays and is named, so call it again. `action` only closes it, or opens it again. Use pod_evict for one pod.',
  effect: 'destroy',
  scope: 'cluster:write',
  idempotent: true,
  input: {
    cluster: z.string().max(60).describe('Cluster of the node'),
    node: z
      .string()
      .max(253)
      .optional()
      .describe('The node, by the name in node_list; default: the only one of the cluster'),
    action: z
      .enum(['drain', 'cordon', 'uncordon'])
      .default('drain')
      .describe('`cordon` lets pods stay that are there, `uncordon` opens the node again'),
    grace_ms: z.int().min(0).max(40_000).default(10_000).describe('Time for pods to end'),
    reason: z.string().min(1).max(500).default('its node is drained').describe('For the record'),
    dry_run: z.boolean().default(false).describe('Only say which pods would move'),
  },
  output: Drained,
  text: drainedText,
  run: async (input, ctx) => {
    const { cluster, action, reason, dry_run: isDry } = input
    const driver = ctx.clusters.get(cluster)
    const node = await findNode(driver, input.node)
    const here = (await listLivePods(ctx.reader)).filter(
      (pod) => pod.cluster === cluster && pod.node === node.node,
    )
    const at = { cluster, node: node.node }
    const all = (state: 'stays' | 'would_move') => here.map((pod) => ({ ...nameOf(pod), state }))
    const moves = action === 'drain'
    if (isDry) return { ...at, ...closedBy(node.closed), pods: all(moves ? 'would_move' : 'stays') }
    const closed = action === 'uncordon' ? undefined : `it is cordoned: ${reason}`
    await cordon(ctx, driver, { ...at, closed })
    const how = { graceMs: input.grace_ms, reason }
    const pods = moves ? await Promise.all(here.map((pod) => move(ctx, pod, how))) : all('stays')
    return { ...at, ...closedBy(closed), pods }
  },
})

async function findNode(driver: ClusterDriver, wanted: string | undefined): Promise<Capacity> {
  const nodes = await driver.nodes()
  const [first, ...others] = nodes
  const found = wanted === undefined ? first : nodes.find(({ node }) => node === wanted) // The only one, else refused.
  const isAmbiguous = wanted === undefined && others.length > 0
  if (found && !isAmbiguous) return found
  const names = nodes.map(({ node }) => node)
  throw new HubError(
    isAmbiguous ? 'ambiguous' : 'not_found',
    isAmbiguous
      ? `${driver.id} has ${nodes.length} nodes, so \`node\` has to name one`
      : `the cluster ${driver.id} has no node ${JSON.stringify(wanted ?? '')}`,
    { hint: `It has: ${names.slice(0, 20).join(', ') || 'none'}. node_list shows them.` },
  )
}

/** The cluster closes it where it can; what it does not remember over a restart, the hub does. */
async function cordon(
  ctx: Context,
  driver: ClusterDriver,
  { closed, ...at }: { cluster: string; node: string; closed: string | undefined },
): Promise<void> {
  if (!driver.cordon)
    throw new HubError('unsupported', `nodes of ${driver.id} cannot be closed from here`)
  if (driver.forgetsCordons) await keepCordon(ctx, { ...at, reason: closed }, ctx.principal.id)
  await driver.cordon(at.node, closed)
}

const nameOf = ({ id, org, task }: PodRow) => ({ pod: id, org, ...(task === null ? {} : { task }) })

const closedBy = (closed: string | undefined) => (closed === undefined ? {} : { closed })

async function move(
  ctx: Context,
  pod: PodRow,
  how: { graceMs: number; reason: string },
): Promise<Drained['pods'][number]> {
  try {
    await evict(ctx, pod, how)
    return { ...nameOf(pod), state: 'moved' }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    const reason = [error.message, error.hint].filter(Boolean).join('. ')
    return { ...nameOf(pod), state: 'refused', reason }
  }
}

function drainedText({ cluster, node, closed, pods }: Drained): string {
  const lines = pods.map(({ pod, task, state, reason }) =>
    lineText([pod, task, state.replace('_', ' '), reason].filter(Boolean).join(' '), 400),
  )
  const head = `${cluster}/${node} ${closed === undefined ? 'takes pods' : closed}`
  return [
    head,
    ...lines.slice(0, 60),
    ...(lines.length > 60 ? [`${lines.length - 60} more`] : []),
  ].join('\n')
}
