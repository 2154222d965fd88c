import type { Capacity } from '../../schemas/cluster.ts'
import type { WarmPod } from './store/warm-pods.ts'

/** Where an org's pods ran before: what was fetched and built there need not be again. */
export type Warm = {
  /** The cluster of the last pod of the task itself, which keeps its work. */
  keeper: string | undefined
  /** Nodes and clusters that worked on its repository. */
  repoNodes: ReadonlySet<string>
  repoClusters: ReadonlySet<string>
  /** Nodes that ran any of its pods, and so have the image. */
  nodes: ReadonlySet<string>
}

export const nodeKey = ({ cluster, node }: { cluster: string; node: string }): string =>
  `${cluster}/${node}`

/** What the pods that ran before say for a task, or for a shape without one. */
export function warmOf(
  pods: readonly WarmPod[],
  { keeper, repo }: { keeper: string | undefined; repo: string | undefined },
): Warm {
  const same = repo === undefined ? [] : pods.filter((pod) => pod.repo === repo)
  return {
    keeper,
    repoNodes: new Set(same.map(nodeKey)),
    repoClusters: new Set(same.map(({ cluster }) => cluster)),
    nodes: new Set(pods.map(nodeKey)),
  }
}

/** How much of what is needed a node has already, from 0 to 1, and in words. */
export function warmthOf(
  at: Pick<Capacity, 'cluster' | 'node'>,
  warm: Warm | undefined,
): { share: number; reason?: string } {
  if (!warm) return { share: 0 }
  if (warm.keeper === at.cluster) return { share: 1, reason: 'the task ran in this cluster before' }
  if (warm.repoNodes.has(nodeKey(at)))
    return { share: 0.5, reason: 'its repository was worked on here' }
  if (warm.repoClusters.has(at.cluster))
    return { share: 0.3, reason: 'its repository was worked on in this cluster' }
  if (warm.nodes.has(nodeKey(at))) return { share: 0.1, reason: 'pods of the org ran here' }
  return { share: 0 }
}
