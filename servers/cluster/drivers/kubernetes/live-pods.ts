import type { Logger } from 'pino'
import { HubError } from '../../../../schemas/errors.ts'
import type { PodExit, PodSpec } from '../../../kit/cluster-driver.ts'
import type { Clock } from '../../../kit/clock.ts'
import type { Handle, LivePod } from './live-pod.ts'
import { newLivePod } from './live-pod.ts'
import { podLabel } from './names.ts'
import type { PodObject } from './objects.ts'
import { handleOf } from './pod-api.ts'
import { evictionOf, statusOf } from './pod-status.ts'
import { sandboxOf } from './sandbox-api.ts'
import type { Change } from './watch.ts'

/** A pod that no node takes or whose image never comes is ended after this long. */
const startMs = 15 * 60_000
/** Long enough for an image to come; then it is worth a look at what is wrong. */
const lookMs = 20_000
/** How often a queue is asked why a pod waits in it. */
const gateMs = 10_000
/** Longer than the longest grace: then its node is gone, and only the API server can forget the pod. */
const forceMs = 100_000

/** What is done in the cluster for pods. */
type Acts = {
  stop(pod: LivePod, reason: string): Promise<void>
  force(handle: Handle): Promise<unknown>
  /** What the cluster last complained of about a pod, if anything. */
  complaint(handle: Handle): Promise<string | undefined>
  /** Why a pod that is gated waits, where the cluster says it. */
  gate(handle: Handle): Promise<string | undefined>
  /** Whether it is there, where a list did not have it. */
  look(handle: Handle): Promise<PodObject | 'suspended' | 'resuming' | undefined>
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
    const live = newLivePod(spec, handle)
    this.#expect(live)
    this.#pods.set(spec.id, live)
    return live
  }

  /** A live pod that has a program now; `conflict` for any other. */
  running(id: string): LivePod {
    const live = this.#pods.get(id)
    if (live && !live.isEnding && !live.suspension) return live
    const why = live?.suspension ? 'is suspended' : 'does not run'
    throw new HubError('conflict', `pod ${id} ${why}`)
  }

  /** Its Sandbox is left without a pod: nothing is awaited of it until it wakes. */
  suspend(live: LivePod): void {
    Object.assign(live, {
      suspension: 'suspended',
      isRunning: false,
      isGated: false,
      waiting: '',
      gate: '',
    })
    live.cancel.start?.()
    live.cancel.look?.()
    live.changes.push({ state: 'suspended' })
  }

  /** Its Sandbox is to make its next pod. */
  wake(live: LivePod): void {
    live.suspension = 'resuming'
    live.changes.push({ state: 'resumed' })
    this.#expect(live)
  }

  /** Looks after a pod until it runs. */
  #expect(live: LivePod): void {
    this.#hurry(live)
    live.cancel.look = this.#clock.after(lookMs, () => {
      this.#look(live).catch(this.#trouble(live.spec.id))
    })
  }

  /** Ends a pod that does not start; one that is gated waits for its turn, however long that takes. */
  #hurry(live: LivePod): void {
    live.cancel.start = this.#clock.after(startMs, () => {
      if (live.isGated) return this.#hurry(live)
      const why = live.waiting === '' ? '' : `: ${live.waiting}`
      this.#acts.stop(live, `it did not start in time${why}`).catch(this.#trouble(live.spec.id))
    })
  }

  /** Asks why a pod is gated, and again for as long as it is. */
  #askGate(live: LivePod): void {
    if (live.isEnding || !live.isGated) return
    live.cancel.look?.()
    live.cancel.look = this.#clock.after(gateMs, () => this.#askGate(live))
    this.#acts.gate(live.handle).then((reason) => {
      if (reason === undefined || reason === live.gate || !live.isGated) return
      live.gate = reason
      live.changes.push({ state: 'waiting', reason })
    }, this.#trouble(live.spec.id))
  }

  /** Takes in what a list or a watch said. */
  async see(change: Change<PodObject>): Promise<void> {
    switch (change.type) {
      case 'all': {
        for (const pod of change.items) this.set(pod)
        const named = new Set(change.items.map(({ metadata }) => metadata.uid))
        const missing = [...this.#pods.values()].filter(({ handle }) => !named.has(handle.uid))
        for (const live of missing) await this.recheck(live)
        return
      }
      case 'set':
        return this.set(change.item)
      case 'deleted':
        return this.#deleted(change.item)
    }
  }

  /** Asks what is there of a pod, which may be nothing. */
  async recheck(live: LivePod): Promise<void> {
    const found = await this.#acts.look(live.handle)
    if (found === 'suspended') {
      if (live.suspension !== found) this.suspend(live)
      return
    }
    // Another pod in the same Sandbox is meant where the one before was to end, and else is no move of ours.
    const isMeant = typeof found === 'object' && found.metadata.uid === live.handle.uid
    if (!found || !(isMeant || live.suspension)) return this.gone(live)
    if (typeof found === 'object') this.set(found)
  }

  gone(live: LivePod): void {
    this.#end(live, { exitCode: null, reason: 'the pod is gone from the cluster' })
  }

  set(pod: PodObject): void {
    const live = this.#pods.get(pod.metadata.labels[podLabel] ?? '')
    if (!live) return this.#acts.orphan(pod)
    if (live.handle.uid !== pod.metadata.uid) {
      const isNext = live.suspension && sandboxOf(pod)?.uid === live.handle.sandbox?.uid
      if (!isNext) return this.#acts.orphan(pod)
      if (pod.metadata.deletionTimestamp) return
      this.#begin(live, pod)
    }
    const status = statusOf(pod)
    if (pod.metadata.deletionTimestamp) {
      const { handle } = live
      live.cancel.force ??= this.#clock.after(forceMs, () => {
        this.#acts.force(handle).catch(this.#trouble(live.spec.id))
      })
    }
    // What ends in a Sandbox that rests is the pod alone.
    if (live.suspension) return
    switch (status.state) {
      case 'starting':
        if (status.reason === live.waiting) return
        live.waiting = status.reason
        live.isGated = status.isGated === true
        if (live.isGated) this.#askGate(live)
        if (status.reason !== '') live.changes.push({ state: 'waiting', reason: status.reason })
        return
      case 'running':
        if (live.isRunning) return
        live.isRunning = true
        live.isGated = false
        live.cancel.start?.()
        live.changes.push({ state: 'running', node: status.node })
        return
      case 'ended':
        this.#end(live, status)
    }
  }

  /** Takes the next pod of a Sandbox for the one that is meant. */
  #begin(live: LivePod, pod: PodObject): void {
    // Somebody else woke it.
    if (live.suspension === 'suspended') this.wake(live)
    live.cancel.force?.()
    live.cancel.force = undefined
    live.handle = handleOf(pod)
    live.suspension = undefined
  }

  /** A volume that cannot be mounted, or a sandbox that cannot be made, is told by events alone. */
  async #look(live: LivePod): Promise<void> {
    if (live.isRunning || live.isEnding || live.suspension || live.waiting !== '') return
    const reason = await this.#acts.complaint(live.handle)
    if (reason === undefined || live.isRunning || live.waiting !== '') return
    live.changes.push({ state: 'waiting', reason })
  }

  #deleted(pod: PodObject): void {
    const live = this.#pods.get(pod.metadata.labels[podLabel] ?? '')
    if (!live || live.handle.uid !== pod.metadata.uid || live.suspension) return
    const status = statusOf(pod)
    if (status.state === 'ended') return this.#end(live, status)
    const moved = evictionOf(pod)
    const reason = moved ?? 'the pod was deleted in the cluster'
    this.#end(live, { exitCode: null, reason, ...(moved === undefined ? {} : { isEvicted: true }) })
  }

  #end(live: LivePod, exit: PodExit): void {
    if (live.isEnding) return
    live.isEnding = true
    for (const cancel of Object.values(live.cancel)) cancel?.()
    this.#acts
      .bury(live)
      .catch(this.#trouble(live.spec.id))
      .finally(() => {
        this.#pods.delete(live.spec.id)
        // What the hub ended by itself was neither moved nor over a limit, whatever the cluster made of it.
        const { exitCode } = exit
        const ended = live.reason === '' ? exit : { exitCode, reason: live.reason }
        live.changes.push({ ...ended, state: 'exited' })
        live.over.abort()
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
