import type { PlacementCandidate } from '../../schemas/cluster.ts'
import { needsOf } from '../../servers/kit/needs.ts'
import { listUnexplained } from '../../servers/orchestration/store/queue.ts'
import type { TaskRow } from '../../servers/orchestration/store/task-row.ts'
import type { ControllerContext } from './context.ts'
import type { Holds } from './holds.ts'
import { waitReason } from './place.ts'

/** What waits for room is looked at again after this time. */
export const noRoomMs = 2000
/** A cluster, an agent or a peer that could take it after all is found within this time. */
export const unfitMs = 30_000
const explainedAtOnce = 50

export type Explained = { candidates: PlacementCandidate[] }

/** Holds the task, or its whole lane where it is not for want of the room that this one needs. */
export async function wait(
  { call, clock }: ControllerContext,
  holds: Holds,
  { id, org, lane }: TaskRow,
  { passes, reason, hold }: { passes: boolean; reason: string; hold: (ms: number) => void },
): Promise<void> {
  if (!passes) await call('task_hold', { task: id, reason })
  const { tags, isolation, fallback: _fallback, ...requirements } = needsOf(lane)
  const { candidates } = await call<Explained>('placement_explain', {
    resources: { cpus: 0.1, memoryMb: 64 },
    requirements,
    org,
    ...(tags ? { tags } : {}),
    ...(isolation ? { isolation } : {}),
  })
  hold(passes ? noRoomMs : unfitMs)
  if (candidates.some(({ fits }) => fits)) return
  const isShort = candidates.some((one) => one.passes)
  holds.holdLane({
    org,
    lane,
    until: clock.now() + (isShort ? noRoomMs : unfitMs),
    reason: isShort ? undefined : waitReason(candidates),
  })
}

/** Says on each task of the lanes that nobody can serve why it waits, some at a time. */
export async function explainLanes(
  { store, call }: ControllerContext,
  holds: Holds,
): Promise<void> {
  for (const { org, lane, reason } of holds.lanes()) {
    if (reason === undefined) continue
    const tasks = await listUnexplained(store.reader, { org, lane, limit: explainedAtOnce })
    await Promise.all(tasks.map(({ id }) => call('task_hold', { task: id, reason })))
  }
}
