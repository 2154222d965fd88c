import { setImmediate } from 'node:timers/promises'
import { ApprovalGate } from '../../hub/calls/approval-gate.ts'
import type { HeldCall } from '../../hub/calls/store/held-calls.ts'
import { digestOfCall, findHeldCall } from '../../hub/calls/store/held-calls.ts'
import { makeLogger } from '../../hub/log.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Store } from '../../servers/kit/store.ts'
import {
  decideApproval,
  expireApprovals,
  readApproval,
} from '../../servers/orchestration/store/approvals.ts'
import type { ManualClock } from './manual-clock.ts'

const dora: Principal = { kind: 'user', id: 'dora', roles: ['developer'], orgs: ['default'] }
const answerableMs = 3_600_000

/** A gate in a process of its own, as far as it can be killed: from then on it writes and makes nothing. */
class Process {
  isAlive = true
  readonly gate: ApprovalGate

  constructor(history: GateHistory) {
    const { store, clock } = history
    const make = (approval: string) => history.make(this, approval)
    this.gate = new ApprovalGate({
      store: {
        reader: store.reader,
        topics: store.topics,
        transaction: (change) =>
          this.isAlive ? store.transaction(change) : Promise.reject(new Error('killed')),
      },
      clock,
      log: makeLogger('silent'),
      id: (prefix) => history.newId(prefix),
      answerableMs: () => answerableMs,
      make: ({ approval }: HeldCall) => make(approval),
      isRepeatable: () => false,
      recordLost: async ({ approval }: HeldCall) => void history.lost.add(approval),
    })
    this.send = (args, signal) =>
      this.gate.hold(
        {
          principal: dora,
          name: 'cloud_delete',
          request: args,
          args,
          question: 'May dora?',
          preview: async () => ({}),
          signal: () => signal,
        },
        make,
      )
  }

  readonly send: (args: object, signal: AbortSignal) => Promise<unknown>
}

/** One course of events at a gate: calls that are sent, left, taken back and answered, time and crashes. */
export class GateHistory {
  readonly store: Store
  readonly clock: ManualClock
  readonly made = new Map<string, number>()
  readonly lost = new Set<string>()
  readonly handedOut: string[] = []
  readonly approvals: string[] = []
  #process: Process
  readonly #name: string
  readonly #callers = new Map<number, AbortController[]>()
  readonly #sent: Promise<void>[] = []

  constructor(store: Store, clock: ManualClock, name: string) {
    this.store = store
    this.clock = clock
    this.#name = name
    this.#process = new Process(this)
  }

  newId(prefix: string): string {
    const id = `${prefix}-${this.#name}-${this.approvals.length}`
    this.approvals.push(id)
    return id
  }

  /** Makes a call, which takes a while; in a process that was killed nothing more comes of it. */
  async make(process: Process, approval: string): Promise<unknown> {
    if (!process.isAlive) return undefined
    this.made.set(approval, (this.made.get(approval) ?? 0) + 1)
    for (let turn = 0; turn < 12; turn++) await setImmediate()
    return approval
  }

  send(call: number): void {
    const caller = new AbortController()
    this.#callers.set(call, [...(this.#callers.get(call) ?? []), caller])
    const sent = this.#process.send(this.#args(call), caller.signal).then(
      (approval) => void this.handedOut.push(String(approval)),
      () => undefined, // What the caller is told instead is not looked at here.
    )
    this.#sent.push(sent)
  }

  /** The callers lose their connection, or say that they want it no more. */
  leave(call: number, reason?: HubError): void {
    for (const caller of this.#callers.get(call) ?? []) caller.abort(reason)
    this.#callers.delete(call)
  }

  takeBack(call: number): void {
    this.leave(call, new HubError('canceled', 'it is wanted no more'))
  }

  /** Two people answer at once; both may be too late. */
  async answer(call: number, decisions: ('approve' | 'deny')[]): Promise<void> {
    const digest = digestOfCall({ principal: dora, name: 'cloud_delete', args: this.#args(call) })
    const id = await findHeldCall(this.store.reader, digest)
    if (id === undefined) return
    await Promise.allSettled(
      decisions.map((decision) =>
        this.store.transaction(async (tx) => {
          const row = await readApproval(tx, id)
          if (row) await decideApproval(tx, row, { decision, by: 'owner' })
        }),
      ),
    )
  }

  async expire(): Promise<void> {
    await this.clock.advance(answerableMs)
    await this.store.transaction(expireApprovals)
  }

  /** kill -9, and a new process on the same store. */
  async crash(): Promise<void> {
    this.#process.isAlive = false
    this.#process.gate.stop()
    for (const call of this.#callers.keys()) this.leave(call)
    await this.turns() // What was on its way to the disk is there, or nowhere.
    this.#process = new Process(this)
    await this.#process.gate.start(new Set())
  }

  /** Lets what is under way come on by some steps, or to its end. */
  async turns(count = 24): Promise<void> {
    for (let turn = 0; turn < count; turn++) {
      await this.store.transaction(async () => undefined)
      await setImmediate()
    }
  }

  /** Answers what is still open, and waits until nobody waits any more. */
  async end(calls: number[]): Promise<void> {
    await this.turns()
    for (const call of calls) await this.answer(call, ['deny'])
    await this.turns()
    for (const call of calls) this.leave(call)
    await Promise.all(this.#sent)
    this.#process.gate.stop()
  }

  readonly #args = (call: number) => ({ history: this.#name, call })
}
