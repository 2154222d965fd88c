import type { TaskRow } from '../../servers/orchestration/store/task-row.ts'
import { nextDueAt } from '../../servers/orchestration/store/queue.ts'
import type { HubError } from '../../schemas/errors.ts'
import { needsOf } from '../../servers/kit/needs.ts'
import { assignRemoteTask, readReviewingPeer } from '../peers/store/remote-tasks.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import { nextTasks } from './dispatch-queue.ts'
import { Served } from './fairness.ts'
import type { Hold } from './holds.ts'
import { Holds } from './holds.ts'
import { Nominees } from './nominees.ts'
import { decidePlace } from './place.ts'
import { preempt } from './preempt.ts'
import { Starving, reserve } from './starving.ts'
import { afterRefusal, lastPod, lastWords, refusalReason, startPod } from './starts.ts'
import type { Explained } from './waits.ts'
import { explainLanes, noRoomMs, unfitMs, wait } from './waits.ts'

const idleAgentMs = 1500
const maxStarts = 4
const configLookMs = 2000

/** What was looked at in vain is held, so others may have its turn; not at once, or this would never rest. */
const nextLookMs = 100

/** What the dispatcher knows beside the store; all of it may be lost in a restart. */
type State = {
  holds: Holds
  served: Served
  nominees: Nominees
  starving: Starving
  /** Pods that make room, until they are gone. */
  ending: Set<Promise<void>>
  /** When peers are asked again for what there is no room for here. */
  beyondAt: number
}

/**
 * Finds somebody for each queued task: a pod here, a long-lived agent, a peer. It looks at the state, not
 * at single events: whatever was missed in a crash is found in the next round. A task that an idle
 * long-lived agent is about to claim is left to it for a moment.
 */
export async function dispatch(context: ControllerContext): Promise<void> {
  const { store, signal } = context
  const state: State = {
    holds: new Holds(),
    served: new Served(),
    nominees: new Nominees(),
    starving: new Starving(),
    ending: new Set(),
    beyondAt: 0,
  }
  using events = store.topics.listen(['events'])
  while (!signal.aborted) {
    let waitMs = noRoomMs
    await guarded(context, 'dispatch', async () => {
      waitMs = await round(context, state)
    })
    // A wait is rejected when the controllers stop or the hub closes, and then the loop ends.
    const goesOn = events.next(Math.max(20, waitMs), signal).then(
      () => true,
      () => false,
    )
    if (!(await goesOn)) break
  }
  await Promise.all(state.ending)
}

/** Places what can be placed and returns how long until something could change by itself. */
async function round(context: ControllerContext, state: State): Promise<number> {
  const { store, clock } = context
  const { holds } = state
  holds.expire(clock.now(), context.config().file)
  const { here, named, beyond } = await nextTasks(context, state)
  const taken = new Set<string>()
  let isInVain = false
  for (const task of [...here, ...named]) {
    if (holds.isLaneHeld(task.org, task.lane)) continue // For a task before it.
    // One that cannot be placed for a reason nobody thought of keeps none of the others from it.
    let isPlaced: boolean | undefined
    await guarded(context, 'dispatch', async () => {
      isPlaced = await place(context, state, task, taken)
    })
    if (isPlaced === undefined)
      holds.holdTask(task.id, {
        queuedAt: task.updated_at,
        starts: 0,
        until: clock.now() + unfitMs,
      })
    isInVain ||= isPlaced !== true
  }
  if (clock.now() >= state.beyondAt)
    for (const task of beyond)
      if (!(await placeBeyond(context, state, task))) {
        state.beyondAt = clock.now() + noRoomMs
        break
      }
  await preempt(context, state)
  await reserve(context, state)
  await explainLanes(context, holds)
  const now = clock.now()
  const dueAt = (await nextDueAt(store.reader, now)) ?? Infinity
  const lookMs = holds.lanes().length > 0 ? configLookMs : 30_000
  const beyondMs = beyond.length > 0 ? Math.max(0, state.beyondAt - now) : lookMs
  return Math.min(
    isInVain ? nextLookMs : lookMs,
    beyondMs,
    Math.min(dueAt, holds.nextAt(now), state.nominees.nextAt(now)) - now,
  )
}

/** Gives one task to whom it suits best; false where it has to wait. */
async function place(
  context: ControllerContext,
  { holds, served, starving }: State,
  task: TaskRow,
  taken: Set<string>,
): Promise<boolean> {
  const { clock, call, config } = context
  const { id, org, updated_at: queuedAt } = task
  const earlier = holds.task(id)
  const tried = earlier?.queuedAt === queuedAt ? earlier.starts : 0
  // A pod that was moved away before it could claim says nothing of the agent.
  const isMoved = tried > 0 && (await lastPod(call, id))?.evicted !== undefined
  const starts = isMoved ? 0 : tried
  const hold = (ms: number, started = starts) =>
    holds.holdTask(id, { queuedAt, starts: started, until: clock.now() + ms })
  if (starts >= maxStarts) {
    // No pod of it lives and nobody claimed it, so every one that was started has failed.
    holds.forgetTask(id)
    await call('task_settle', {
      task: id,
      event: 'unstartable',
      message: await lastWords(call, id),
    })
    return true
  }
  const reviewing = await readReviewingPeer(context.store.reader, id)
  if (reviewing !== undefined) {
    // Its branch is there.
    hold(noRoomMs)
    await assignRemoteTask(context.store, { task: id, peer: reviewing })
    return true
  }
  const { candidates } = await call<Explained>('placement_explain', { task: id })
  const decision = decidePlace(candidates, {
    needs: needsOf(task.lane),
    waitedMs: clock.now() - queuedAt,
    isFirstLook: earlier === undefined,
    taken,
  })
  // Who waits for more than room is helped by no room.
  if (decision.kind === 'wait' && candidates.some(({ full }) => full))
    starving.saw(task, clock.now())
  else starving.forget(id)
  switch (decision.kind) {
    case 'agent':
      taken.add(decision.name)
      hold(idleAgentMs)
      return true
    case 'node': {
      const refusal = await startPod(call, task)
      if (refusal) return refused(context, holds, task, { refusal, starts, before: earlier })
      served.started(org, config().file.orgs[org]?.weight ?? 1)
      hold(250 * 2 ** starts, starts + 1)
      return true
    }
    case 'peer':
      hold(noRoomMs)
      await assignRemoteTask(context.store, { task: id, peer: decision.name })
      return true
    case 'free':
      await call('task_free', { task: id, reason: decision.reason })
      return false
    case 'wait':
      await wait(context, holds, task, { ...decision, hold })
      return false
  }
}

/** Leaves a task alone for longer and longer, and says why; it ends where another try is of no use. */
async function refused(
  { call, clock }: ControllerContext,
  holds: Holds,
  { id, updated_at: queuedAt }: TaskRow,
  { refusal, starts, before }: { refusal: HubError; starts: number; before: Hold | undefined },
): Promise<boolean> {
  const refusals = (before?.queuedAt === queuedAt ? (before.refusals ?? 0) : 0) + 1
  const { pauseMs, isLasting } = afterRefusal(refusal, refusals)
  if (isLasting && refusals >= maxStarts) {
    holds.forgetTask(id)
    const message = `no pod could be started: ${refusal.message}`
    await call('task_settle', { task: id, event: 'unstartable', message })
    return true
  }
  holds.holdTask(id, { queuedAt, starts, refusals, until: clock.now() + pauseMs })
  // Of a single one nobody has to hear: somebody else was faster.
  if (refusals > 1) await call('task_hold', { task: id, reason: refusalReason(refusal, pauseMs) })
  return false
}

/** Gives a task to a peer that has room, where there is none here; false where none has. */
async function placeBeyond(
  { clock, call, store }: ControllerContext,
  { holds }: State,
  { id, updated_at: queuedAt }: TaskRow,
): Promise<boolean> {
  const { candidates } = await call<Explained>('placement_explain', { task: id })
  const [best] = candidates
  // What has room here after all is found in the next round.
  if (!best?.fits || best.kind !== 'peer') return false
  holds.holdTask(id, { queuedAt, starts: 0, until: clock.now() + noRoomMs })
  await assignRemoteTask(store, { task: id, peer: best.name })
  return true
}
