import { hash } from 'node:crypto'
import type { Logger } from 'pino'
import type { ErrorBody } from '../../schemas/errors.ts'
import { HubError, errorBody } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Clock } from '../../servers/kit/clock.ts'
import type { Transaction } from '../../servers/kit/sql.ts'
import type { Store } from '../../servers/kit/store.ts'
import {
  askApproval,
  readApproval,
  voidApproval,
} from '../../servers/orchestration/store/approvals.ts'
import { RpcError } from '../rpc/protocol.ts'
import type { HeldCall } from './store/held-calls.ts'
import {
  deliverHeldCall,
  dropHeldCall,
  findHeldCall,
  finishHeldCall,
  heldCallsIn,
  holdCall,
  readHeldCall,
  startHeldCall,
} from './store/held-calls.ts'

/** What is asked of a person about a call, and what it takes to make the call later. */
export type Asked = {
  principal: Principal
  name: string
  upstream: string | undefined
  /** As JSON; what `make` is handed after a restart. */
  request: unknown
  args: unknown
  question: string
  signal(): AbortSignal
}

type Parts = {
  store: Store
  clock: Clock
  log: Logger
  id(prefix: string): string
  /** Makes a call whose caller is gone. */
  make(call: HeldCall): Promise<unknown>
  /** Puts on record that nobody knows what a call came to. */
  recordLost(call: HeldCall): Promise<void>
}

/** Most clients give a call up after a minute. */
const patienceMs = 50_000
const answerableMs = 7 * 24 * 3_600_000

type Answer =
  | { value: unknown }
  | { error: ErrorBody }
  | { rpc: { code: number; message: string; data?: unknown } }

/**
 * Holds calls until a person has answered. The question and the call are rows, so both survive a
 * restart; after a yes the call is made exactly once, whoever still waits for it, and what it came to
 * is kept until the same call is sent again.
 */
export class ApprovalGate {
  readonly #parts: Parts
  /** How a call is made while its caller is there, with the streams and questions of that caller. */
  readonly #present = new Map<string, (approval: string) => Promise<unknown>>()
  readonly #watched = new Map<string, () => void>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Takes up the calls that an earlier process held; of those `recorded` it is on record that they were lost. */
  async start(recorded: Set<string>): Promise<void> {
    const { store, recordLost } = this.#parts
    for (const call of await heldCallsIn(store.reader, 'running')) {
      if (!recorded.has(call.approval)) await recordLost(call)
      await finishHeldCall(store, call.approval, answerText({ error: errorBody(lost(call)) }))
    }
    for (const { approval } of await heldCallsIn(store.reader, 'waiting')) this.#watch(approval)
  }

  stop(): void {
    for (const stop of this.#watched.values()) stop()
    this.#watched.clear()
  }

  /**
   * Asks, and resolves with what the call came to once a person has approved and it was made. Throws
   * `approval_required` when no answer comes while the caller can be kept waiting, and `denied` with
   * the person's reason.
   */
  async hold(asked: Asked, run: (approval: string) => Promise<unknown>): Promise<unknown> {
    const { store } = this.#parts
    const approval = await this.#ask(asked)
    using listener = store.topics.listen([approval])
    this.#present.set(approval, run)
    this.#watch(approval)
    const until = this.#parts.clock.now() + patienceMs
    try {
      for (;;) {
        const held = await readHeldCall(store.reader, approval)
        if (held?.state === 'done' && (await deliverHeldCall(store, approval)))
          return valueOf(held.answer ?? '')
        if (held === undefined || held.state === 'delivered')
          throw await this.#whyNot(approval, asked.name)
        const leftMs = until - this.#parts.clock.now()
        if (leftMs <= 0 || !(await listener.next(leftMs, asked.signal())))
          throw stillAsked(approval, asked)
      }
    } catch (error) {
      // Who takes the call back wants it made no more; who only lost the connection may come again.
      if (isTakenBack(asked.signal())) await this.#drop(approval)
      throw error
    } finally {
      if (this.#present.get(approval) === run) this.#present.delete(approval)
    }
  }

  /** The approval that this very call waits for already, or a new one. */
  #ask(asked: Asked): Promise<string> {
    const { principal, name, upstream, request, args, question } = asked
    const id = this.#parts.id('approval')
    const digest = hash('sha256', JSON.stringify([principal.id, principal.orgs, name, args]))
    return this.#parts.store.transaction(async (tx) => {
      const known = await findHeldCall(tx, digest)
      if (known !== undefined && (await isAnswerable(tx, known))) return known
      if (known !== undefined) await dropHeldCall(tx, known)
      await askApproval(tx, {
        id,
        org: principal.orgs.find((org) => org !== '*') ?? 'default',
        task: principal.task,
        kind: 'call',
        question,
        details: {
          tool: name,
          arguments: args,
          ...(upstream === undefined ? {} : { server: upstream }),
        },
        askedBy: principal.id,
        expiresAt: tx.now + answerableMs,
      })
      await holdCall(tx, { approval: id, digest, principal, name, upstream, request })
      return id
    })
  }

  /** Goes on with a call when its answer is there. */
  #watch(approval: string): void {
    if (this.#watched.has(approval)) return
    const { topics } = this.#parts.store
    const look = () =>
      void this.#resume(approval).catch((error: unknown) =>
        this.#parts.log.error({ error, approval }, 'a held call could not go on'),
      )
    this.#watched.set(approval, topics.subscribe(approval, look))
    look() // It may have been answered while nobody watched.
  }

  async #resume(approval: string): Promise<void> {
    const { store, clock, make } = this.#parts
    const row = await readApproval(store.reader, approval)
    const isExpired = row?.state === 'pending' && (row.expires_at ?? Infinity) <= clock.now()
    if (row?.state === 'pending' && !isExpired) return
    this.#watched.get(approval)?.()
    this.#watched.delete(approval)
    if (row?.state !== 'approved') return this.#forget(approval)
    if (!(await startHeldCall(store, approval))) return
    const held = await readHeldCall(store.reader, approval)
    const run =
      this.#present.get(approval) ??
      (() => (held ? make(held.call) : Promise.reject(new Error('no row'))))
    await finishHeldCall(store, approval, await answerOf(() => run(approval)))
  }

  async #drop(approval: string): Promise<void> {
    const { store } = this.#parts
    await store.transaction((tx) => voidApproval(tx, approval))
    await this.#forget(approval)
  }

  async #forget(approval: string): Promise<void> {
    const { store } = this.#parts
    await store.transaction((tx) => dropHeldCall(tx, approval))
  }

  async #whyNot(approval: string, name: string): Promise<HubError> {
    const row = await readApproval(this.#parts.store.reader, approval)
    if (row?.state === 'denied')
      return new HubError(
        'denied',
        `${row.decided_by} did not approve ${name}: ${row.reason ?? 'no reason was given'}`,
        {
          details: { approval },
        },
      )
    const why =
      row?.state === 'approved' ? 'its answer was handed out before' : 'nobody answered in time'
    return new HubError('conflict', `the approval ${approval} of ${name} is used up: ${why}`, {
      hint: 'Send the call again; it is asked for anew.',
      details: { approval },
    })
  }
}

/** False for a question that ended without an answer: it is asked anew. */
async function isAnswerable(tx: Transaction, approval: string): Promise<boolean> {
  const row = await readApproval(tx, approval)
  const isOver =
    row?.state === 'void' || (row?.state === 'pending' && (row.expires_at ?? Infinity) <= tx.now)
  return row !== undefined && !isOver
}

async function answerOf(run: () => Promise<unknown>): Promise<string> {
  try {
    return answerText({ value: await run() })
  } catch (error) {
    if (error instanceof HubError) return answerText({ error: errorBody(error) })
    if (!(error instanceof RpcError)) throw error
    const { code, message, data } = error
    return answerText({ rpc: { code, message, data } })
  }
}

const answerText = (answer: Answer): string => JSON.stringify(answer)

function valueOf(text: string): unknown {
  const answer = JSON.parse(text) as Answer // Written by answerText.
  if ('rpc' in answer)
    throw new RpcError(answer.rpc.code, answer.rpc.message, answer.rpc.data, true)
  if (!('error' in answer)) return answer.value
  const { code, message, hint, details } = answer.error
  throw new HubError(code, message, { ...(hint ? { hint } : {}), ...(details ? { details } : {}) })
}

const isTakenBack = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && reason instanceof HubError && reason.code === 'canceled'

const stillAsked = (approval: string, { name }: Asked) =>
  new HubError('approval_required', `${name} waits for a person: approval ${approval}`, {
    hint: 'Send the same call again after the answer; approval_list with `approval` and `wait_ms` waits for it. It is made once, when it is approved.',
    details: { approval },
  })

const lost = ({ name }: HeldCall) =>
  new HubError(
    'unavailable',
    `the hub ended while ${name} was being made: what came of it is unknown`,
  )
