import type {
  Capacity,
  Cluster,
  PlacementCandidate,
  Pod,
  PodGroup,
  PodState,
} from '../../schemas/cluster.ts'
import type { Page } from '../kit/page.ts'
import { instantText, lineText, tableText } from '../kit/table.ts'

// What a model reads of pods.

export function podsText({ groups, ...page }: Page<Pod> & { groups?: PodGroup[] | undefined }) {
  if (groups)
    return groups.length === 0
      ? 'No pods.'
      : groups
          .map(({ name, pods, states }) => `${name}: ${pods} pods${statesText(states)}`)
          .join('\n')
  return tableText(page, {
    id: ({ id }) => id,
    state: ({ state }) => state,
    task: ({ task }) => task,
    node: ({ node }) => node,
    command: ({ command }) => command.join(' '),
    exit: ({ exitCode }) => exitCode,
    reason: ({ reason }) => reason,
    created: ({ createdAt }) => instantText(createdAt),
    ended: ({ endedAt }) => instantText(endedAt),
  })
}

const statesText = (states: Partial<Record<PodState, number>>): string => {
  const said = Object.entries(states).map(([state, count]) => `${count} ${state}`)
  return said.length === 0 ? '' : ` (${said.join(', ')})`
}

/** A line for each cluster; rows of nodes and pods are for who asks for them. */
export const clustersText = ({ items }: { items: Cluster[] }): string =>
  tableText(
    { items },
    {
      cluster: ({ id }) => id,
      health: ({ health }) => [health.state, health.version].filter(Boolean).join(' '),
      isolation: ({ isolation }) => isolation,
      nodes: ({ nodes }) => nodes,
      pods: ({ allPods, pods, states }) => `${allPods}, ours ${pods}${statesText(states)}`,
      cpus: ({ cpus }) => `${cpus.promised}/${cpus.total}`,
      'memory GiB': ({ memoryMb }) => `${gib(memoryMb.promised)}/${gib(memoryMb.total)}`,
      'no start': ({ mayStart, isolationReason }) => (mayStart ? '' : isolationReason),
      runs: ({ runsAgents }) => (runsAgents ? '' : 'commands only'),
      guards: ({ guards }) =>
        guards &&
        Object.entries(guards)
          .filter(([, guard]) => guard !== 'enforced')
          .map(([name]) => `${name} not enforced`)
          .join(', '),
      why: ({ health }) => health.reason,
    },
  )

const gib = (mib: number): number => Math.round(mib / 1024)

export const nodesText = (nodes: Page<Capacity>): string =>
  tableText(nodes, {
    node: ({ cluster, node }) => `${cluster}/${node}`,
    cpus: ({ cpus }) => `${cpus.promised} of ${cpus.total}`,
    'memory MiB': ({ memoryMb }) => `${memoryMb.promised} of ${memoryMb.total}`,
    pods: ({ pods }) => `${pods.live} of ${pods.limit}`,
    gpus: ({ gpus }) => gpus.length || undefined,
    isolation: ({ isolation }) => isolation,
    tags: ({ tags }) => tags.join(' '),
    closed: ({ closed, health }) => closed ?? (health === 'ready' ? undefined : health),
    taints: ({ taints }) => taints?.join(' '),
  })

export const podLogText = ({ data, truncated }: { data: string; truncated: boolean }): string =>
  truncated ? `[the end of a longer output]\n${data}` : data

const shownCandidates = 60

/** A line for each candidate, since its reasons are what is asked for. */
export function candidatesText({
  note,
  candidates,
}: {
  note?: string | undefined
  candidates: PlacementCandidate[]
}): string {
  const lines = candidates
    .slice(0, shownCandidates)
    .map(({ kind, name, fits, passes, ...rated }) => {
      const verdict = fits ? `fits, score ${rated.score}` : passes ? 'not now' : 'cannot'
      return lineText(`${kind} ${name} ${verdict}: ${rated.reasons.join('; ')}`, 400)
    })
  const more = candidates.length - lines.length
  const rest = more > 0 ? [`${more} more are not shown`] : []
  return [...(note ? [note] : []), ...(lines.length > 0 ? lines : ['None.']), ...rest].join('\n')
}
