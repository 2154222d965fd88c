import type { Capacity } from '../../schemas/cluster.ts'
import type { Needs } from '../kit/needs.ts'
import { lacks, ownRunner, pinnedElsewhere } from '../kit/needs.ts'
import type { Offer, PlacementRequest } from './offer.ts'

/** Something that can be in the way: told without words, since most nodes are never shown. */
export type Check = { fails(offer: Offer): boolean; words(offer: Offer): string[] }

/** What waiting does not change. */
export const lasting: Check[] = [
  {
    fails: (offer) => !asksForNothing(offer.asked) && lacking(offer).length > 0,
    words: (offer) => lacking(offer),
  },
  {
    fails: ({ node, asked: { needs } }) => closedTaints(node, needs).length > 0,
    words: ({ node, asked: { needs } }) =>
      closedTaints(node, needs).map(
        (taint) => `the node takes only pods that ask for the tag ${taint}`,
      ),
  },
  {
    fails: ({ asked: { quota } }) => quota.limit === 0,
    words: () => ['the org may run no pods'],
  },
  {
    fails: ({ node, gpus }) => gpus.wanted > node.gpus.length,
    words: ({ node, gpus }) => [`${gpus.wanted} GPUs asked for, the node has ${node.gpus.length}`],
  },
  {
    fails: ({ asked: { over } }) => over !== undefined && over.lasting.length > 0,
    words: ({ asked: { over } }) => over?.lasting ?? [],
  },
  {
    fails: ({ node }) => node.pods.limit === 0,
    words: () => ['the node runs no pods'],
  },
  {
    fails: ({ node, asked }) => asked.resources.cpus > node.cpus.total,
    words: ({ node, asked }) => [
      `${asked.resources.cpus} CPUs asked for, the node has ${node.cpus.total}`,
    ],
  },
  {
    fails: ({ node, asked }) => asked.resources.memoryMb > node.memoryMb.total,
    words: ({ node, asked }) => [
      `${asked.resources.memoryMb} MiB asked for, the node has ${node.memoryMb.total} MiB`,
    ],
  },
]

/** What passes by itself, as a lack of room does. */
export const passing: Check[] = [
  {
    fails: ({ node }) => node.closed !== undefined,
    words: ({ node }) => [`the node takes no pods: ${node.closed}`],
  },
  {
    fails: ({ node }) => node.health !== 'ready',
    words: ({ node }) => [`the node reports ${node.health}`],
  },
  {
    fails: ({ asked: { quota } }) => quota.used >= quota.limit,
    words: ({ asked: { quota } }) => [`the org runs ${quota.used} of ${quota.limit} pods`],
  },
  {
    fails: ({ asked: { over } }) => over !== undefined && over.passing.length > 0,
    words: ({ asked: { over } }) => over?.passing ?? [],
  },
]

/** Room that others have, and give back when they end. */
export const room: Check[] = [
  {
    fails: ({ node, asked, freeCpus }) =>
      node.cpus.firm === true && asked.resources.cpus > freeCpus,
    words: ({ asked, freeCpus }) => [
      `${asked.resources.cpus} CPUs asked for, ${Math.max(0, freeCpus)} unpromised`,
    ],
  },
  {
    fails: ({ gpus }) => gpus.wanted > gpus.free,
    words: ({ gpus }) => [`${gpus.wanted} GPUs asked for, ${gpus.free} unpromised`],
  },
  {
    fails: ({ node, pods }) => pods >= node.pods.limit,
    words: ({ node, pods, held }) => [
      `the node runs ${held ? pods - held.load.pods : pods} of ${node.pods.limit} pods`,
    ],
  },
  {
    fails: ({ asked, freeMemoryMb }) => asked.resources.memoryMb > freeMemoryMb,
    words: ({ asked, freeMemoryMb }) => [
      `${asked.resources.memoryMb} MiB asked for, ${Math.max(0, freeMemoryMb)} MiB free`,
    ],
  },
]

/** Said beside them where room is kept for another. */
export const heldWords = ({ held }: Offer): string[] => (held ? [`held for task ${held.task}`] : [])

const lacking = ({ node, asked: { needs, runners } }: Pick<Offer, 'node' | 'asked'>): string[] => [
  ...lacks(needs, { tags: node.tags, runners, isolation: node.isolation }),
  ...pinnedElsewhere(needs, { cluster: node.cluster }),
]

/** Most pods need nothing but room, which spares looking at each node for more. */
const asksForNothing = ({ needs, runners }: PlacementRequest): boolean => {
  const { tags = [], runner = ownRunner, isolation, agent, cluster, hub } = needs
  const named = isolation ?? agent ?? cluster ?? hub
  return tags.length === 0 && named === undefined && runners.includes(runner)
}

const closedTaints = ({ taints = [] }: Capacity, { tags }: Needs): string[] =>
  taints.length === 0 ? taints : taints.filter((taint) => !tags?.includes(taint))
