import { HubError } from '../../schemas/errors.ts'
import type { Task } from '../../schemas/task.ts'
import { isTerminal } from '../../schemas/task.ts'
import { pause } from '../../servers/kit/clock.ts'
import { readTask } from '../../servers/orchestration/store/tasks.ts'
import { toTask } from '../../servers/orchestration/store/task-row.ts'
import type { RemoteTask } from '../peers/store/remote-tasks.ts'
import {
  cancelRemoteTask,
  listRemoteTasks,
  remoteTopic,
  removeRemoteTask,
} from '../peers/store/remote-tasks.ts'
import { AccessRefused } from '../upstreams/refused.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import { inputsForPeer } from './remote-inputs.ts'
import { remoteSubmission } from './remote-outcome.ts'
import { runRemotely } from './remote-run.ts'

/** As many are followed at a time; more are assigned and wait. */
const maxFollowed = 200
const lookMs = 5000
const askMs = 15_000
/** A peer that was away for so long is not told to stop any more. */
const tellForMs = 7 * 86_400_000

/**
 * Has peers carry out tasks, as the agent that holds their leases. What is under way is on record, so a
 * restart of this hub goes on with it, and a restart of a peer is waited for.
 */
export async function remoteTasks(context: ControllerContext): Promise<void> {
  await Promise.all([runAssigned(context), watch(context)])
}

async function runAssigned(context: ControllerContext): Promise<void> {
  const { store, signal, clock } = context
  const running = new Map<string, Promise<void>>()
  using assigned = store.topics.listen([remoteTopic])
  while (!signal.aborted) {
    await guarded(context, 'remote-tasks', async () => {
      for (const row of await listRemoteTasks(store.reader, 'assigned', maxFollowed)) {
        if (running.has(row.id)) continue
        // One that fails unexpectedly keeps its row, and is tried again after a pause.
        const run = guarded(context, 'remote-tasks', () => runRemotely(context, row))
        running.set(
          row.id,
          run.then(() => pause(clock, 1000, signal)).finally(() => running.delete(row.id)),
        )
      }
    })
    const goesOn = assigned.next(lookMs, signal).then(
      () => true,
      () => false,
    )
    if (!(await goesOn)) break
  }
  await Promise.all(running.values())
}

/** Looks now and then at what is proposed on peers, and at what they have to be told to stop. */
async function watch(context: ControllerContext): Promise<void> {
  const { store, signal } = context
  using changes = store.topics.listen([remoteTopic])
  while (!signal.aborted) {
    await guarded(context, 'remote-tasks', async () => {
      for (const row of await listRemoteTasks(store.reader, 'canceling', maxFollowed))
        await guarded(context, 'remote-tasks', () => cancelThere(context, row))
      for (const row of await listRemoteTasks(store.reader, 'in_review', maxFollowed))
        await guarded(context, 'remote-tasks', () => settleReview(context, row))
    })
    const goesOn = changes.next(lookMs, signal).then(
      () => true,
      () => false,
    )
    if (!(await goesOn)) return
  }
}

/** Stops what runs there, also where its id never arrived here: the same key returns it. */
async function cancelThere(context: ControllerContext, row: RemoteTask): Promise<void> {
  const { store, callPeer, clock, signal } = context
  const { peer, task } = row
  try {
    let id = row.remote_task
    const here = await readTask(store.reader, task)
    if (id === null && here) {
      const inputs = await inputsForPeer(context, toTask(here))
      const key = `${task}#${row.attempt}`
      const submission = remoteSubmission(toTask(here), { key, inputs })
      id = ((await callPeer(peer, 'task_submit', submission, signal)) as Task).id // By its output schema.
    }
    if (id !== null) {
      const reason = here ? whyCanceled(toTask(here)) : asked
      await callPeer(peer, 'task_cancel', { task: id, reason }, signal)
    }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    const isAway =
      error instanceof AccessRefused ||
      ['unavailable', 'exhausted', 'internal', 'canceled'].includes(error.code)
    // It has ended there, or the peer has let nothing of this hub in for too long.
    if (isAway && clock.now() - row.assigned_at < tellForMs) return
  }
  await removeRemoteTask(store, row.id)
}

const asked = 'canceled where it was asked for'

/** What the other hub keeps as the reason, in as many characters as it takes. */
const whyCanceled = ({ state, failure }: Task): string =>
  (state === 'canceled' && failure ? `${asked}: ${failure.message}` : asked).slice(0, 500)

/** What people decided there settles the task here. */
async function settleReview(context: ControllerContext, row: RemoteTask): Promise<void> {
  const { store, askPeer, call, signal } = context
  const here = await readTask(store.reader, row.task)
  if (!here || isTerminal(here.state)) return cancelRemoteTask(store, row)
  if (here.state !== 'in_review') return // It goes on, there or elsewhere.
  const limits = { timeoutMs: askMs, signal }
  let there: Task
  try {
    const asked = await askPeer(row.peer, 'task_read', { task: row.remote_task }, limits)
    there = (asked as { task: Task }).task // By its output schema.
  } catch (error) {
    if (error instanceof HubError) return // It is asked again.
    throw error
  }
  if (!isTerminal(there.state)) return
  const message = `on ${row.peer}: ${there.failure?.message ?? there.state}`.slice(0, 8000)
  const event = there.state === 'succeeded' ? 'merged' : 'closed'
  await call('task_settle', { task: row.task, event, message })
  await removeRemoteTask(store, row.id)
}
