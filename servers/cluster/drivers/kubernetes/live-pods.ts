import type { Logger } from 'pino'
import type { AcceptedPod, PodChange, PodSpec } from '../../../kit/cluster-driver.ts'
import type { Clock } from '../../../kit/clock.ts'
import { podLabel } from './names.ts'
import type { PodObject } from './objects.ts'
import { statusOf } from './pod-status.ts'
import type { Change } from './watch.ts'

/** How a pod is found again: a name may be used once more, the identifier never is. */
export type Handle = { namespace: string; name: string; uid: string }

export type LivePod = {
  spec: PodSpec
  handle: Handle
  /** Why the hub ended it, once it did. */
  reason: string
  /** What it waits for, as it was last said. */
  waiting: string
  isRunning: boolean
  /** What it wrote up to its end, where somebody began to listen before that. */
  lastWords: Promise<Buffer> | undefined
  isEnding: boolean
  changes: Changes
  cancel: Record<'start' | 'force' | 'look', (() => void) | undefined>
}

type Exit = { exitCode: number | null; reason: string }

/** A pod that no node takes or whose image never comes is ended after this long. */
const startMs = 15 * 60_000
/** Long enough for an image to come; then it is worth a look at what is wrong. */
const lookMs = 20_000
/** Longer than the longest grace: then its node is gone, and only the API server can forget the pod. */
const forceMs = 100_000

/** What is done in the cluster for pods. */
type Acts = {
  stop(pod: LivePod, reason: string): Promise<void>
  force(handle: Handle): Promise<unknown>
  /** What the cluster last complained of about a pod, if anything. */
  complaint(handle: Handle): Promise<string | undefined>
  /** Whether it is there, where a list did not have it. */
  look(handle: Handle): Promise<PodObject | undefined>
  /** Keeps what is worth keeping of a pod that has ended. */
  bury(pod: LivePod): Promise<void>
  /** Ends what carries our mark and belongs to nobody. */
  orphan(pod: PodObject): void
}

/** The pods of one cluster that live now, and what becomes of each. */
export class LivePods {
  readonly #pods = new Map<string, LivePod>()
  readonly #clock: Clock
  readonly #acts: Acts
  readonly #log: Logger

  constructor(acts: Acts, clock: Clock, log: Logger) {
    this.#acts = acts
    this.#clock = clock
    this.#log = log
  }

  get(id: string): LivePod | undefined {
    return this.#pods.get(id)
  }

  has(id: string): boolean {
    return this.#pods.has(id)
  }

  add(spec: PodSpec, handle: Handle): LivePod {
    const live: LivePod = {
      spec,
      handle,
      reason: '',
      waiting: '',
      isRunning: false,
      lastWords: undefined,
      isEnding: false,
      changes: new Changes(),
      cancel: { start: undefined, force: undefined, look: undefined },
    }
    live.cancel.start = this.#clock.after(startMs, () => {
      const why = live.waiting === '' ? '' : `: ${live.waiting}`
      this.#acts.stop(live, `it did not start in time${why}`).catch(this.#trouble(spec.id))
    })
    live.cancel.look = this.#clock.after(lookMs, () => {
      this.#look(live).catch(this.#trouble(spec.id))
    })
    this.#pods.set(spec.id, live)
    return live
  }

  /** Takes in what a list or a watch said. */
  async see(change: Change<PodObject>): Promise<void> {
    switch (change.type) {
      case 'all': {
        for (const pod of change.items) this.set(pod)
        const named = new Set(change.items.map(({ metadata }) => metadata.uid))
        const missing = [...this.#pods.values()].filter(({ handle }) => !named.has(handle.uid))
        for (const live of missing) {
          const pod = await this.#acts.look(live.handle)
          if (pod) this.set(pod)
          else this.gone(live)
        }
        return
      }
      case 'set':
        return this.set(change.item)
      case 'deleted':
        return this.#deleted(change.item)
    }
  }

  gone(live: LivePod): void {
    this.#end(live, { exitCode: null, reason: 'the pod is gone from the cluster' })
  }

  set(pod: PodObject): void {
    const live = this.#pods.get(pod.metadata.labels[podLabel] ?? '')
    if (!live || live.handle.uid !== pod.metadata.uid) return this.#acts.orphan(pod)
    const status = statusOf(pod)
    if (pod.metadata.deletionTimestamp)
      live.cancel.force ??= this.#clock.after(forceMs, () => {
        this.#acts.force(live.handle).catch(this.#trouble(live.spec.id))
      })
    switch (status.state) {
      case 'starting':
        if (status.reason === live.waiting) return
        live.waiting = status.reason
        if (status.reason !== '') live.changes.push({ state: 'waiting', reason: status.reason })
        return
      case 'running':
        if (live.isRunning) return
        live.isRunning = true
        live.cancel.start?.()
        live.changes.push({ state: 'running', node: status.node })
        return
      case 'ended':
        this.#end(live, status)
    }
  }

  /** A volume that cannot be mounted, or a sandbox that cannot be made, is told by events alone. */
  async #look(live: LivePod): Promise<void> {
    if (live.isRunning || live.isEnding || live.waiting !== '') return
    const reason = await this.#acts.complaint(live.handle)
    if (reason === undefined || live.isRunning || live.waiting !== '') return
    live.changes.push({ state: 'waiting', reason })
  }

  #deleted(pod: PodObject): void {
    const live = this.#pods.get(pod.metadata.labels[podLabel] ?? '')
    if (!live || live.handle.uid !== pod.metadata.uid) return
    const status = statusOf(pod)
    const exit =
      status.state === 'ended'
        ? status
        : { exitCode: null, reason: 'the pod was deleted in the cluster' }
    this.#end(live, exit)
  }

  #end(live: LivePod, { exitCode, reason }: Exit): void {
    if (live.isEnding) return
    live.isEnding = true
    for (const cancel of Object.values(live.cancel)) cancel?.()
    this.#acts
      .bury(live)
      .catch(this.#trouble(live.spec.id))
      .finally(() => {
        this.#pods.delete(live.spec.id)
        live.changes.push({ state: 'exited', exitCode, reason: live.reason || reason })
      })
  }

  /** Lets go of them all; they go on in the cluster. */
  close(): void {
    for (const { cancel } of this.#pods.values()) for (const end of Object.values(cancel)) end?.()
  }

  /** What runs by itself has nobody to throw to, and must not end the hub. */
  #trouble = (pod: string) => (error: unknown) =>
    this.#log.warn({ error, pod }, 'a pod could not be looked after')
}

export const acceptedPod = (
  { handle, changes, isRunning }: LivePod,
  node: string,
): AcceptedPod => ({
  handle: JSON.stringify(handle),
  state: isRunning ? 'running' : 'starting',
  node,
  changes,
})

/** What becomes of a pod, for its one reader; the last thing said of its waiting stands for those before. */
class Changes implements AsyncIterable<PodChange> {
  readonly #told: PodChange[] = []
  #wake: (() => void) | undefined

  push(change: PodChange): void {
    if (this.#told.at(-1)?.state === 'waiting') this.#told.pop()
    this.#told.push(change)
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PodChange> {
    for (;;) {
      const change = this.#told.shift()
      if (change) {
        yield change
        if (change.state === 'exited') return
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    }
  }
}
