import type { Pod, PlacementCandidate } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import {
  listQueuedOrgs,
  listStanding,
  listUrgent,
} from '../../servers/orchestration/store/queue.ts'
import type { TaskRow } from '../../servers/orchestration/store/task-row.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import type { Nominees } from './nominees.ts'
import { livePods } from './pods.ts'
import type { Runner } from './victims.ts'
import { victimSets } from './victims.ts'

const urgentAtOnce = 4
const graceMs = 5000

/**
 * Has pods of lower priority moved away for urgent tasks that fit nowhere, in orgs that want it. They
 * end beside the rounds of the dispatcher, each with its task queued again; `ending` holds them.
 */
export async function preempt(
  context: ControllerContext,
  { nominees, ending }: { nominees: Nominees; ending: Set<Promise<void>> },
): Promise<void> {
  const { store, clock, config } = context
  const { orgs } = config().file
  const queued = await listQueuedOrgs(store.reader)
  const willing = queued.filter((org) => orgs[org]?.preemption === 'lower')
  if (willing.length === 0) return
  const now = clock.now()
  let live: Pod[] | undefined
  for (const org of willing)
    for (const task of await listUrgent(store.reader, { org, now, limit: urgentAtOnce })) {
      if (!nominees.mayNominate(task.id, task.updated_at, now)) continue
      live ??= await livePods(context)
      if (live.some((pod) => pod.task === task.id)) continue
      const victims = await findVictims(context, task, live)
      if (!victims) {
        nominees.rest(task.id, now)
        continue
      }
      const { priority, updated_at: queuedAt } = task
      nominees.nominate(task.id, { org, priority, queuedAt }, now)
      live = live.filter(({ id }) => !victims.includes(id))
      for (const pod of victims) {
        const moved = move(context, nominees, { pod, task })
        ending.add(moved)
        void moved.then(() => ending.delete(moved))
      }
    }
}

async function move(
  context: ControllerContext,
  nominees: Nominees,
  { pod, task }: { pod: string; task: TaskRow },
): Promise<void> {
  await guarded(context, 'dispatch', async () => {
    const reason = `${task.id} of priority ${task.priority} needs its place`
    try {
      await context.call('pod_evict', { pod, grace_ms: graceMs, reason })
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      nominees.settle(task.id) // Something there protects it: nobody waits for room that does not come.
      context.log.info({ error, pod, task: task.id }, 'a pod could not be moved away')
    }
  })
}

/** The pods without which a task would fit, none of them in vain; undefined where it fits, or nothing helps. */
async function findVictims(
  context: ControllerContext,
  task: TaskRow,
  live: Pod[],
): Promise<string[] | undefined> {
  const fits = async (without: string[]) => {
    const { candidates } = await context.call<{ candidates: PlacementCandidate[] }>(
      'placement_explain',
      { task: task.id, without },
    )
    const isNamed = candidates.some(({ away }) => away !== undefined)
    return {
      fits: candidates.some((one) => one.fits && (one.kind === 'node' || without.length === 0)),
      mayCome: !isNamed && candidates.some(({ kind, passes }) => kind === 'node' && passes),
    }
  }
  const sets = victimSets(task, await runnersOf(context, live), context.clock.now())
  if (sets.length === 0) return undefined
  const now = await fits([])
  if (now.fits || !now.mayCome) return undefined
  for (const set of sets) {
    if (!(await fits(set)).fits) continue
    let needed = set
    for (const pod of set.length > 1 ? set : []) {
      const rest = needed.filter((one) => one !== pod)
      if ((await fits(rest)).fits) needed = rest
    }
    return needed
  }
  return undefined
}

async function runnersOf({ store }: ControllerContext, live: Pod[]): Promise<Runner[]> {
  const ids = live.flatMap(({ task }) => (task === undefined ? [] : [task]))
  const standing = new Map((await listStanding(store.reader, ids)).map((row) => [row.id, row]))
  return live.flatMap((pod) => {
    const row = pod.task === undefined ? undefined : standing.get(pod.task)
    if (!row) return []
    const { cluster, node, state, evicted, createdAt: startedAt } = pod
    // One that waits for a person would ask again, and one in review is about to end.
    const isMovable = state === 'running' && evicted === undefined && row.state === 'running'
    const { id: task, org, priority } = row
    return [{ pod: pod.id, task, org, node: `${cluster}/${node}`, priority, startedAt, isMovable }]
  })
}
