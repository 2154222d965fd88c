import type { Isolation, Requirements } from '../../schemas/task.ts'
import { isolationLevels } from '../../schemas/task.ts'

/** What whoever does a task must offer, besides room. */
export type Needs = Pick<Requirements, 'tags' | 'runner' | 'agent' | 'cluster' | 'hub'> & {
  isolation?: Isolation | undefined
  /** False where nobody else may step in for whom it names. */
  fallback?: boolean | undefined
}

/** What somebody offers who could do tasks. */
export type Offer = { tags: string[]; runners: string[]; isolation: Isolation }

/** The runner that every agent of this project has. */
export const ownRunner = 'loop'

/** The needs as canonical text, the same for the same needs; empty for none. */
export function laneOf(needs: Needs): string {
  const { runner, isolation, agent, cluster, hub } = needs
  const isPinned = agent !== undefined || cluster !== undefined || hub !== undefined
  const tags = [...new Set(needs.tags)].sort()
  const given = {
    ...(tags.length === 0 ? {} : { tags }),
    ...(runner === undefined || runner === ownRunner ? {} : { runner }),
    ...(isolation === undefined || isolation === 'none' ? {} : { isolation }),
    ...(agent === undefined ? {} : { agent }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(hub === undefined ? {} : { hub }),
    ...(isPinned && needs.fallback === false ? { fallback: false } : {}),
  }
  return Object.keys(given).length === 0 ? '' : JSON.stringify(given)
}

/** The needs of a lane, as `laneOf` wrote them. */
export const needsOf = (lane: string): Needs => (lane === '' ? {} : (JSON.parse(lane) as Needs))

/** The same needs with nobody named, as they hold once others may step in. */
export const unpinned = ({ tags, runner, isolation }: Needs): Needs => ({ tags, runner, isolation })

/** What is missing of the tags, the runner and the isolation, in words; nothing where all is offered. */
export function lacks({ tags = [], runner = ownRunner, isolation }: Needs, offer: Offer): string[] {
  const missing = tags.filter((tag) => !offer.tags.includes(tag))
  const isTooOpen =
    isolation !== undefined &&
    isolationLevels.indexOf(offer.isolation) < isolationLevels.indexOf(isolation)
  return [
    ...(missing.length > 0 ? [`tags ${missing.join(', ')} are missing`] : []),
    ...(offer.runners.includes(runner)
      ? []
      : [`runner ${runner} is asked for, offered: ${offer.runners.join(', ')}`]),
    ...(isTooOpen ? [`isolation ${isolation} is asked for, offered: ${offer.isolation}`] : []),
  ]
}

/** Whether the long-lived agent of that name may take what has these needs. */
export const agentLacks = (needs: Needs, agent: Offer & { id: string }): string[] => [
  ...lacks(needs, agent),
  ...pinnedElsewhere(needs, { agent: agent.id }),
]

/** Whom the task is for, where that is somebody else. */
export function pinnedElsewhere(
  { agent, cluster, hub }: Needs,
  who: { agent?: string; cluster?: string; hub?: string },
): string[] {
  return [
    ...(agent === undefined || agent === who.agent ? [] : [`the task is for the agent ${agent}`]),
    ...(cluster === undefined || cluster === who.cluster
      ? []
      : [`the task is for the cluster ${cluster}`]),
    ...(hub === undefined || hub === who.hub ? [] : [`the task is for the hub ${hub}`]),
  ]
}
