import type { Capacity, PlacementCandidate, Pod } from '../../schemas/cluster.ts'
import type { Page } from '../kit/page.ts'
import { instantText, lineText, tableText } from '../kit/table.ts'

// What a model reads of pods.

export const podsText = (page: Page<Pod>): string =>
  tableText(page, {
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
export function candidatesText({ candidates }: { candidates: PlacementCandidate[] }): string {
  const lines = candidates
    .slice(0, shownCandidates)
    .map(({ kind, name, fits, passes, ...rated }) => {
      const verdict = fits ? `fits, score ${rated.score}` : passes ? 'not now' : 'cannot'
      return lineText(`${kind} ${name} ${verdict}: ${rated.reasons.join('; ')}`, 400)
    })
  const more = candidates.length - lines.length
  return [...lines, ...(more > 0 ? [`${more} more are not shown`] : [])].join('\n') || 'None.'
}
