import type { Logger } from 'pino'
import type { Principal } from '../../schemas/principal.ts'
import type { Clock } from '../../servers/kit/clock.ts'
import { shownValue } from '../../servers/kit/redact.ts'
import type { Reader } from '../../servers/kit/sql.ts'
import type { Store } from '../../servers/kit/store.ts'
import { countPendingBy } from '../../servers/orchestration/store/approval-list.ts'
import {
  askApproval,
  readApproval,
  stateOf,
  voidApproval,
} from '../../servers/orchestration/store/approvals.ts'
import type { Kept } from './held-answer.ts'
import {
  answerOf,
  failed,
  isTakenBack,
  keepAnswer,
  lostCall,
  stillAsked,
  stillMade,
  tooManyOpen,
  valueOf,
  whyNot,
} from './held-answer.ts'
import type { Preview } from './preview.ts'
import type { HeldCall } from './store/held-calls.ts'
import { subjectOrg } from './subject-org.ts'
import {
  digestOfCall,
  dropHeldCall,
  findHeldCall,
  heldCallsIn,
  holdCall,
  startHeldCall,
  stateOfHeldCall,
  takeAnswer,
} from './store/held-calls.ts'

/** What is asked of a person about a call, and what it takes to make the call later. */
export type Asked = {
  principal: Principal
  name: string
  upstream?: string | undefined
  /** As JSON; what `make` is handed after a restart. */
  request: unknown
  args: unknown
  question: string
  /** Shows what the call would do; throws where it can only fail. */
  preview(): Promise<Preview>
  /** How long its caller is kept waiting; default: as long as most clients have patience. */
  patienceMs?: number | undefined
  signal(): AbortSignal
}

type Parts = {
  store: Pick<Store, 'reader' | 'topics' | 'transaction'>
  clock: Clock
  log: Logger
  id(prefix: string): string
  /** How long a question may be answered. */
  answerableMs(): number
  /** Makes a call whose caller is gone. */
  make(call: HeldCall): Promise<unknown>
  /** Whether a call that was under way may be made again, and does what it does once. */
  isRepeatable(call: HeldCall): boolean
  /** Puts on record that nobody knows what a call came to. */
  recordLost(call: HeldCall): Promise<void>
}

/** Most clients give a call up after a minute. */
const usualPatienceMs = 50_000
const shownChars = 16_000
/** More questions of one caller nobody reads: whoever has so many calls waiting is going in circles. */
const mostOpen = 200

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
    const { store, log, recordLost, isRepeatable } = this.#parts
    for (const call of await heldCallsIn(store.reader, 'running')) {
      if (isRepeatable(call)) {
        void this.#makeAgain(call).catch((error: unknown) =>
          log.error({ error, approval: call.approval }, 'a held call could not go on'),
        )
        continue
      }
      if (!recorded.has(call.approval)) await recordLost(call)
      await this.#finish(call.approval, 'running', failed(lostCall(call)))
    }
    for (const { approval, name } of await heldCallsIn(store.reader, 'waiting'))
      this.#watch(approval, name)
  }

  stop(): void {
    for (const stop of this.#watched.values()) stop()
    this.#watched.clear()
  }

  /**
   * Asks, and resolves with what the call came to once a person has approved and it was made. Throws
   * `approval_required` when no answer comes while the caller can be kept waiting, and `denied` with
   * the person's reason or because the question expired.
   */
  async hold(asked: Asked, run: (approval: string) => Promise<unknown>): Promise<unknown> {
    const { store, clock } = this.#parts
    const { name, patienceMs = usualPatienceMs } = asked
    const approval = await this.#ask(asked)
    using listener = store.topics.listen([approval])
    this.#present.set(approval, run)
    this.#watch(approval, name)
    const begun = clock.now()
    try {
      for (;;) {
        const state = await stateOfHeldCall(store.reader, approval)
        const answer = state === 'done' ? await takeAnswer(store, approval) : undefined
        if (answer !== undefined) return valueOf(answer)
        const row = await readApproval(store.reader, approval)
        if (state === undefined) throw whyNot(row, approval, name)
        // Once it is approved it is under way, and waited for as any call is.
        const isMade = state === 'running' || row?.state === 'approved'
        const waitedMs = isMade ? Math.max(patienceMs, usualPatienceMs) : patienceMs
        const leftMs = begun + waitedMs - clock.now()
        if (leftMs <= 0 || !(await listener.next(leftMs, asked.signal())))
          throw isMade ? stillMade(approval, name) : stillAsked(approval, name)
      }
    } catch (error) {
      // Who takes the call back wants it made no more; who only lost the connection may come again.
      if (isTakenBack(asked.signal())) await this.#takeBack(approval)
      throw error
    } finally {
      if (this.#present.get(approval) === run) this.#present.delete(approval)
    }
  }

  /** Takes back the questions about calls that nobody waits for any more. */
  async takeBack(isLeft: (call: HeldCall) => boolean): Promise<void> {
    const waiting = await heldCallsIn(this.#parts.store.reader, 'waiting')
    for (const call of waiting.filter(isLeft)) await this.#takeBack(call.approval)
  }

  /** The approval that this very call waits for already, or a new one. */
  async #ask(asked: Asked): Promise<string> {
    const { store } = this.#parts
    const { principal, name, upstream, request, args, question } = asked
    const digest = digestOfCall(asked)
    const waiting = await this.#known(store.reader, digest)
    if (waiting !== undefined) return waiting
    const preview = await asked.preview()
    const { shown, isCut } = shownValue(args, shownChars)
    const id = this.#parts.id('approval')
    return store.transaction(async (tx) => {
      const known = await this.#known(tx, digest) // The same call may have come meanwhile.
      if (known !== undefined) return known
      if ((await countPendingBy(tx, principal.id, tx.now)) >= mostOpen)
        throw tooManyOpen(principal.id)
      const old = await findHeldCall(tx, digest)
      if (old !== undefined) await dropHeldCall(tx, old)
      await askApproval(tx, {
        id,
        org: await subjectOrg(tx, principal, args),
        task: principal.task,
        kind: 'call',
        tool: name,
        caller: principal.kind,
        question,
        details: {
          tool: name,
          arguments: shown,
          ...(upstream === undefined ? {} : { server: upstream }),
          ...preview,
          ...(isCut || preview.cut ? { cut: true } : {}),
        },
        askedBy: principal.id,
        expiresAt: tx.now + this.#parts.answerableMs(),
      })
      await holdCall(tx, { approval: id, digest, principal, name, upstream, request })
      return id
    })
  }

  /** What this call is asked under, or has its answer under; not where the question was taken back. */
  async #known(reader: Reader, digest: string): Promise<string | undefined> {
    const known = await findHeldCall(reader, digest)
    if (known === undefined) return undefined
    const row = await readApproval(reader, known)
    return row === undefined || row.state === 'void' ? undefined : known
  }

  /** Goes on with a call when its answer is there. */
  #watch(approval: string, name: string): void {
    if (this.#watched.has(approval)) return
    const { topics } = this.#parts.store
    const look = () =>
      void this.#resume(approval, name).catch((error: unknown) =>
        this.#parts.log.error({ error, approval }, 'a held call could not go on'),
      )
    this.#watched.set(approval, topics.subscribe(approval, look))
    look() // It may have been answered while nobody watched.
  }

  async #resume(approval: string, name: string): Promise<void> {
    const { store, clock, make } = this.#parts
    const row = await readApproval(store.reader, approval)
    const state = row === undefined ? 'void' : stateOf(row, clock.now())
    if (state === 'pending') return
    this.#watched.get(approval)?.()
    this.#watched.delete(approval)
    if (state === 'void') return this.#forget(approval)
    if (state !== 'approved')
      return this.#finish(approval, 'waiting', failed(whyNot(row, approval, name)))
    const call = await startHeldCall(store, approval)
    if (call === undefined) return
    const run = this.#present.get(approval) ?? (() => make(call))
    await this.#finish(approval, 'running', await answerOf(() => run(approval)))
  }

  async #makeAgain(call: HeldCall): Promise<void> {
    const answer = await answerOf(async () => this.#parts.make(call))
    await this.#finish(call.approval, 'running', answer)
  }

  #finish(approval: string, from: 'waiting' | 'running', answer: Kept): Promise<void> {
    return this.#parts.store.transaction((tx) => keepAnswer(tx, approval, from, answer))
  }

  async #takeBack(approval: string): Promise<void> {
    await this.#parts.store.transaction((tx) => voidApproval(tx, approval))
    await this.#forget(approval)
  }

  #forget(approval: string): Promise<void> {
    return this.#parts.store.transaction((tx) => dropHeldCall(tx, approval))
  }
}
