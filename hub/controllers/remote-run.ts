import type { Approval } from '../../schemas/approval.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Task } from '../../schemas/task.ts'
import { pause } from '../../servers/kit/clock.ts'
import type { RemoteTask } from '../peers/store/remote-tasks.ts'
import { cancelRemoteTask, removeRemoteTask, saveRemoteTask } from '../peers/store/remote-tasks.ts'
import { AccessRefused } from '../upstreams/refused.ts'
import type { ControllerContext } from './context.ts'
import { copyArtifacts } from './remote-artifacts.ts'
import { RemoteLog } from './remote-log.ts'
import type { RemoteLease } from './remote-lease.ts'
import { holdLease, isOver } from './remote-lease.ts'
import { inputsForPeer } from './remote-inputs.ts'
import type { Report } from './remote-outcome.ts'
import { remoteSubmission, reportOf } from './remote-outcome.ts'

/** How long a peer may be out of reach before its work counts as lost, and others may take it. */
const peerPatienceMs = 120_000
const logWaitMs = 10_000
const askMs = 15_000
/** Output that comes in small pieces is copied some pieces at a time. */
const restMs = 250

type Granted = { task: Task; number: number; fence: number; leaseMs: number; logPosition: number }

/**
 * Has a peer carry out one task, as its agent: claims it here, submits it there, copies the log, passes
 * messages on, and reports what became of it. Every step may be repeated, so it goes on from wherever
 * either hub was killed.
 */
export async function runRemotely(context: ControllerContext, row: RemoteTask): Promise<void> {
  const { call } = context
  let lease: Granted | undefined
  try {
    const claim = { agent: row.id, task: row.task, host: row.peer }
    lease = (await call<{ lease?: Granted }>('task_claim', claim)).lease
  } catch (error) {
    if (!isOver(error)) throw error
  }
  // Somebody else took it, or it is canceled.
  if (!lease) return giveUp(context, row)
  await using held = holdLease(context, row, lease)
  try {
    await followThere(context, row, lease, held)
  } catch (error) {
    if (context.signal.aborted) return // The next process takes the lease up again.
    if (error instanceof PeerRemoved) return handBack(context, row, lease)
    if (held.signal.aborted || isOver(error)) return giveUp(context, row)
    throw error
  }
}

/** Nothing here waits for it any more: what may run there is stopped. */
const giveUp = ({ store }: ControllerContext, row: RemoteTask): Promise<void> =>
  row.attempt === 0 ? removeRemoteTask(store, row.id) : cancelRemoteTask(store, row)

/** The peer was removed after this task was claimed for it, and before it was given anything. */
class PeerRemoved extends Error {}

async function handBack(
  { call }: ControllerContext,
  { task, peer }: RemoteTask,
  { fence }: Granted,
): Promise<void> {
  try {
    await call('task_release', { task, fence, reason: `the peer ${peer} was removed` })
  } catch (error) {
    if (!isOver(error)) throw error
  }
}

/** Begins the attempt: what was proposed there goes back to its branch there. */
async function begin(
  { callPeer, store, signal }: ControllerContext,
  row: RemoteTask,
  { number, reach }: { number: number; reach: Reach },
): Promise<void> {
  const { peer, remote_task: task } = row
  if (task !== null) {
    const again = await reach.patiently(() =>
      callPeer(peer, 'task_retry', { task }, signal).catch((error: unknown) => {
        if (error instanceof HubError && error.code === 'conflict') return { id: task } // It works on it.
        if (error instanceof HubError && error.code === 'not_found') return { id: null }
        throw error
      }),
    )
    const { id } = again as { id: string | null } // By the tool's output schema, or from above.
    if (id !== task) Object.assign(row, { remote_task: id, log_from: 0 })
  }
  Object.assign(row, { attempt: number, own_chunks: 0, note: null, note_at: null })
  if (!(await saveRemoteTask(store, row))) throw new PeerRemoved()
}

async function followThere(
  context: ControllerContext,
  row: RemoteTask,
  lease: Granted,
  held: RemoteLease,
): Promise<void> {
  const { store } = context
  const log = new RemoteLog(context, row, { fence: lease.fence, position: lease.logPosition })
  const reach = new Reach(context, row.peer, held.signal)
  try {
    if (lease.number !== row.attempt) await begin(context, row, { number: lease.number, reach })
    await log.finishNote()
    if (row.remote_task === null) {
      const key = `${row.task}#${row.attempt}`
      const inputs = await inputsForPeer(context, lease.task)
      const submission = remoteSubmission(lease.task, { key, inputs })
      const made = (await reach.patiently(() =>
        context.callPeer(row.peer, 'task_submit', submission, held.signal),
      )) as Task // The tool's output schema states it.
      row.remote_task = made.id
      await saveRemoteTask(store, row)
      await log.note(`carried out by the hub ${row.peer} as ${made.id}`)
    }
    const report = await untilReport(context, row, { log, reach })
    await copyArtifacts(context, { row, fence: lease.fence, ask: reach.ask })
    await settle(context, row, { report, fence: lease.fence, logReached: log.reached })
  } catch (error) {
    if (held.signal.aborted || !(error instanceof HubError)) throw error
    if (error instanceof OutOfReach) {
      await context.call('task_reap', { task: row.task, reason: error.message })
      return cancelRemoteTask(store, row)
    }
    const { code, hint } = error
    const message = [error.message, hint].filter(Boolean).join('. ')
    const failed = { outcome: 'failed', failure: { code, message } } as const
    await settle(context, row, { report: failed, fence: lease.fence, logReached: log.reached })
  }
}

/** Copies the log until the task there is settled, and then what is left of it. */
async function untilReport(
  { clock, signal }: ControllerContext,
  { peer, remote_task: id }: RemoteTask,
  { log, reach }: { log: RemoteLog; reach: Reach },
): Promise<Report> {
  const task = id ?? '' // It was submitted.
  let waitMs = 0
  let asked: string | undefined
  for (;;) {
    const { task: there } = (await reach.ask('task_read', { task })) as { task: Task } // By its output schema.
    const report = reportOf(peer, there)
    const more = await reach.patiently(() => log.copy(reach.once, task, report ? 0 : waitMs))
    if (report && !more) return report
    if (there.state === 'waiting') {
      const { items } = (await reach.ask('approval_list', { task })) as { items: Approval[] }
      const [open] = items
      if (open && open.id !== asked)
        await log.note(`waits on ${peer} for an answer to ${open.id}: ${open.question}`)
      asked = open?.id
    }
    waitMs = logWaitMs
    await pause(clock, more ? 0 : restMs, signal)
  }
}

async function settle(
  { call, store }: ControllerContext,
  row: RemoteTask,
  { report, fence, logReached }: { report: Report; fence: number; logReached: number },
): Promise<void> {
  await call('task_report', { task: row.task, fence, ...report })
  if (report.outcome !== 'proposed') return removeRemoteTask(store, row.id)
  Object.assign(row, { state: 'in_review', log_from: logReached })
  await saveRemoteTask(store, row)
}

const passing = ['unavailable', 'exhausted', 'internal']

/** Whether the peer may answer later. One that lets this hub in no more is as one that is away. */
const passes = (error: unknown): error is HubError =>
  error instanceof AccessRefused || (error instanceof HubError && passing.includes(error.code))

/** The peer was out of reach for longer than it may be. */
class OutOfReach extends HubError {}

/** Calls to one peer that wait while it is out of reach, for as long as that may last. */
class Reach {
  readonly #context: ControllerContext
  readonly #peer: string
  readonly #signal: AbortSignal
  #goneAt: number | undefined

  constructor(context: ControllerContext, peer: string, signal: AbortSignal) {
    this.#context = context
    this.#peer = peer
    this.#signal = signal
  }

  readonly once = (
    tool: string,
    args: Record<string, unknown>,
    timeoutMs = askMs,
  ): Promise<unknown> =>
    this.#context.askPeer(this.#peer, tool, args, { timeoutMs, signal: this.#signal })

  readonly ask = (tool: string, args: Record<string, unknown>): Promise<unknown> =>
    this.patiently(() => this.once(tool, args))

  async patiently<T>(step: () => Promise<T>): Promise<T> {
    const { clock } = this.#context
    for (let pauseMs = 250; ; pauseMs = Math.min(5000, pauseMs * 2)) {
      this.#signal.throwIfAborted()
      try {
        const answer = await step()
        this.#goneAt = undefined
        return answer
      } catch (error) {
        if (!passes(error) || this.#signal.aborted) throw error
        this.#goneAt ??= clock.now()
        if (clock.now() - this.#goneAt > peerPatienceMs)
          throw new OutOfReach(
            'unavailable',
            `the hub ${this.#peer} was out of reach for ${peerPatienceMs / 1000} s: ${error.message}`,
          )
        await pause(clock, pauseMs, this.#signal)
      }
    }
  }
}
