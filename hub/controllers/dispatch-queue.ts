import { spillsToPeers } from '../../schemas/org-config.ts'
import { needsOf } from '../../servers/kit/needs.ts'
import {
  listDueLanes,
  listQueued,
  listQueuedOrgs,
} from '../../servers/orchestration/store/queue.ts'
import type { TaskRow } from '../../servers/orchestration/store/task-row.ts'
import type { ControllerContext } from './context.ts'
import type { Served } from './fairness.ts'
import { divideRoom } from './fairness.ts'
import type { Holds } from './holds.ts'
import { livePods } from './pods.ts'

/** How many tasks are looked at in a round for which no pod is started here: each may ask a peer. */
const elsewhereLimit = 8

/** The tasks to look at now. */
export type NextTasks = {
  /** Those that there is room for here, in the order in which orgs get it. */
  here: TaskRow[]
  /** Those that name an agent or a hub. */
  named: TaskRow[]
  /** Those that have to wait for room here, and that a peer could have. */
  beyond: TaskRow[]
}

export async function nextTasks(
  context: ControllerContext,
  { holds, served }: { holds: Holds; served: Served },
): Promise<NextTasks> {
  const { store, clock, config } = context
  const { maxPods, file } = config()
  const now = clock.now()
  const queued = await listQueuedOrgs(store.reader)
  if (queued.length === 0) {
    served.advance(now, [])
    return { here: [], named: [], beyond: [] }
  }
  const live = await livePods(context)
  holds.sawPods(live.length)
  const without = [
    ...holds.heldTasks(now),
    ...live.flatMap(({ task }) => (task === undefined ? [] : [task])),
  ]
  const free = Math.max(0, maxPods - live.length)
  const hasPeers = (await context.carriers.peerNames()).length > 0
  const spills = (org: string) => hasPeers && spillsToPeers(file, org)
  const podsOf = (org: string) => live.filter((pod) => pod.org === org).length
  const weightOf = (org: string) => file.orgs[org]?.weight ?? 1
  const orgs = [...new Set([...queued, ...live.map(({ org }) => org)])]
  served.advance(
    now,
    orgs.map((org) => ({ org, weight: weightOf(org), pods: podsOf(org) })),
  )
  const queues = await Promise.all(
    queued.map(async (org) => {
      const lanes = (await listDueLanes(store.reader, org, now)).filter(
        (lane) => !holds.isLaneHeld(org, lane),
      )
      const limit = Math.min(free, (file.orgs[org]?.maxPods ?? maxPods) - podsOf(org))
      const ask = { org, without, now }
      return {
        org,
        limit: Math.max(0, limit),
        // A few more than fit, which peers may have room for.
        here: await listQueued(store.reader, {
          ...ask,
          lanes: lanes.filter((lane) => !isForOthers(lane)),
          limit: Math.max(0, limit) + (spills(org) ? elsewhereLimit : 0),
        }),
        named: await listQueued(store.reader, {
          ...ask,
          lanes: lanes.filter(isForOthers),
          limit: elsewhereLimit,
        }),
      }
    }),
  )
  const turns = divideRoom(
    free,
    queues.map(({ org, limit, here }) => ({
      org,
      weight: weightOf(org),
      served: served.of(org),
      wants: Math.min(limit, here.length),
    })),
  )
  // Each turn is one that is wanted.
  const here = turns.map((org) => queues.find((queue) => queue.org === org)!.here.shift()!)
  const beyond = queues.flatMap(({ org, here: left }) =>
    spills(org) ? left.filter(({ repo }) => repo === null) : [],
  )
  return {
    here,
    named: queues.flatMap(({ named }) => named),
    beyond: beyond.slice(0, elsewhereLimit),
  }
}

/** Whether a lane names an agent or a hub, so that no pod here is started for it. */
function isForOthers(lane: string): boolean {
  const { agent, hub } = needsOf(lane)
  return agent !== undefined || hub !== undefined
}
