import { randomUUID } from 'node:crypto'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Decision } from '../../servers/kit/authority.ts'
import type { Context } from '../../servers/kit/context.ts'
import type { Reply } from '../rpc/reply.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Relayed } from '../upstreams/pairing.ts'
import { pass } from '../upstreams/pairing.ts'
import type { Parking } from '../upstreams/parking.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'
import { ApprovalGate } from './approval-gate.ts'
import type { Call, CallOptions, Came, Done, Run } from './call.ts'
import { auditRow, hasEffect, isTracked } from './call.ts'
import type { Shared } from './call-context.ts'
import { CallContext } from './call-context.ts'
import { decisionOn } from './call-decision.ts'
import { denied } from './decide.ts'
import type { Streamed } from './streamed-call.ts'
import { streamedCall } from './streamed-call.ts'
import type { PeerCalls } from './peer-calls.ts'
import { makePeerCalls } from './peer-calls.ts'
import { keyedCall, takesKey } from './keyed-call.ts'
import type { HeldRequest, Known } from './relayed-call.ts'
import { absentCaller, relayedCall } from './relayed-call.ts'
import type { OpenCall } from './open-calls.ts'
import { OpenCalls } from './open-calls.ts'
import { asKnown, labelOf, outcomeOf } from './outcome.ts'
import { isDry, previewOf } from './preview.ts'
import type { Registry } from './registry.ts'
import type { HeldCall } from './store/held-calls.ts'

type Parts = Shared & {
  registry: Registry
  telemetry: Telemetry
  parking: Parking
  upstreams: { link(name: string): UpstreamLink | undefined }
  /** Aborts when running calls should give up, at the end of a drain. */
  stopping: AbortSignal
}

/**
 * The one road of every call, whatever door it came in by and whoever serves it: resolve, decide, run,
 * one audit row with the true outcome, one measurement.
 */
export class Calls {
  /** How controllers speak with peers. */
  readonly peers: PeerCalls
  readonly #parts: Parts
  readonly #gate: ApprovalGate
  readonly #open: OpenCalls

  constructor(parts: Parts) {
    this.#parts = parts
    this.peers = makePeerCalls({ calls: this, upstreams: parts.upstreams })
    this.#open = new OpenCalls(parts)
    this.#gate = new ApprovalGate({
      store: parts.store,
      clock: parts.clock,
      log: parts.log,
      id: parts.id,
      answerableMs: () => parts.config().file.approvalHours * 3_600_000,
      make: (held) => this.#makeHeld(held),
      isRepeatable: (held) => takesKey(parts.registry, held),
      recordLost: ({ request: args, ...held }) =>
        parts.store.record(auditRow({ ...held, args, requestId: randomUUID() }, 'unknown')),
    })
  }

  /** Takes up what an earlier process left: calls under way, and calls that wait for a person. */
  async start(): Promise<void> {
    await this.#gate.start(await this.#open.recover())
  }

  stop(): void {
    this.#gate.stop()
  }

  /** Takes back what is still asked about the calls of a conversation, which goes on without them. */
  takeBack(conversation: string): Promise<void> {
    return this.#gate.takeBack(({ principal }) => principal.chat?.conversation === conversation)
  }

  /** Calls a tool of this hub by its name. Throws HubError. */
  tool(
    principal: Principal,
    name: string,
    args: unknown,
    options: CallOptions = {},
  ): Promise<unknown> {
    const call = this.#ownCall(principal, name, args, options)
    return this.#travel(call, (made) => this.#run(made))
  }

  /**
   * Passes a request on to the upstream that serves it and the answer back. `name` is what the caller
   * asked for. No credential of the caller goes along.
   */
  relay(link: UpstreamLink, name: string, request: Relayed, known?: Known): Promise<Reply> {
    const call = relayedCall(this.#parts.config, link, name, request, known)
    return this.#travel(call, () => this.#pass(link, request))
  }

  /** Has a stream flow for somebody who may; `run` is given what a handler would be. */
  stream<T>(streamed: Streamed, run: (ctx: Context) => Promise<Came<T>>): Promise<T> {
    const call = streamedCall(streamed)
    const ctx = new CallContext(this.#parts, call, () => auditRow(call, 'ok'))
    return this.#travel(call, async () => ({ ...(await run(ctx)), isRecorded: false }))
  }

  #ownCall(
    principal: Principal,
    name: string,
    args: unknown,
    { requestId = randomUUID(), signal = () => this.#parts.stopping, ...rest }: CallOptions,
  ): Call {
    const { registry } = this.#parts
    return {
      principal,
      name: name.slice(0, 80),
      label: registry.get(name)?.name ?? 'unknown',
      args,
      request: args,
      requestId,
      signal,
      ...rest,
      subject: () => {
        const { scope, effect, hasDryRun } = registry.require(name)
        return { name, scope, effect: hasDryRun && isDry(args) ? 'read' : effect }
      },
    }
  }

  async #travel<T>(call: Call, run: Run<T>): Promise<T> {
    const startedAt = performance.now()
    let label = 'ok'
    try {
      const decided = this.#decide(call)
      const decision = decided instanceof Promise ? await decided : decided
      if (decision.kind === 'ask') {
        const preview = async () => this.#recorded(call, () => previewOf(this.#parts, call))
        const asked = { ...call, question: decision.question, preview }
        const make = (requestId: string) => this.#makeApproved({ ...call, requestId }, run)
        return (await this.#gate.hold(asked, make)) as T // What the gate kept is what `run` gave.
      }
      const { value, outcome } = await this.#make(call, decision, run)
      label = outcome
      return value
    } catch (error) {
      label = labelOf(error)
      throw error
    } finally {
      this.#parts.telemetry.call(call.label, label, performance.now() - startedAt)
    }
  }

  /** An unknown name is refused here, and on record like every refusal. */
  #decide(call: Call): Decision | Promise<Decision> {
    return this.#recorded(call, () => decisionOn(this.#parts, call))
  }

  /** Looks at a call before it is made; what is wrong with it then is on record as well. */
  #recorded<T>(call: Call, look: () => T | Promise<T>): T | Promise<T> {
    const refuse = (thrown: unknown) => this.#fail(call, thrown)
    try {
      const found = look()
      return found instanceof Promise ? found.catch(refuse) : found
    } catch (thrown) {
      return refuse(thrown)
    }
  }

  /** Runs it where that is allowed, and records what came of it. */
  async #make<T>(call: Call, decision: Decision, run: Run<T>): Promise<Done<T>> {
    const open = isTracked(this.#parts.registry, call)
      ? this.#open.begin(() => auditRow(call, 'unknown'))
      : undefined
    try {
      if (decision.kind === 'deny') throw denied(decision)
      const done = await run(call)
      // A controller that found nothing to do has done nothing that needs a row.
      const isSilent = done.isRecorded || (call.principal.kind === 'service' && !call.upstream)
      if (open) await this.#open.end(open, isSilent ? undefined : auditRow(call, done.outcome))
      return done
    } catch (thrown) {
      return this.#fail(call, thrown, open)
    }
  }

  /** A person said yes; whether the caller still may is asked again, since much may have happened. */
  async #makeApproved<T>(call: Call, run: Run<T>): Promise<T> {
    return (await this.#make(keyedCall(this.#parts.registry, call), await this.#decide(call), run))
      .value
  }

  /** Makes a call whose caller is gone, or was in an earlier process. */
  #makeHeld({
    approval: requestId,
    principal,
    name,
    upstream,
    request,
  }: HeldCall): Promise<unknown> {
    if (upstream === undefined) {
      const own = this.#ownCall(principal, name, request, { requestId })
      return this.#makeApproved(own, (made) => this.#run(made))
    }
    const link = this.#parts.upstreams.link(upstream)
    if (!link)
      throw new HubError('unavailable', `the server ${upstream} is not configured any more`)
    const caller = absentCaller(principal, this.#parts.stopping)
    const relayed = { ...(request as HeldRequest), caller } // Written by #relayedCall.
    const call = { ...relayedCall(this.#parts.config, link, name, relayed), requestId }
    return this.#makeApproved(call, () => this.#pass(link, relayed))
  }

  async #run(call: Call): Promise<Done<unknown>> {
    const tool = this.#parts.registry.require(call.name)
    const ctx = new CallContext(this.#parts, call, () => auditRow(call, 'ok'))
    // An effect's row is part of its transaction, which is over when the value is there.
    return { value: await tool.call(call.args, ctx), outcome: 'ok', isRecorded: ctx.isRecorded }
  }

  async #pass(link: UpstreamLink, request: Relayed): Promise<Done<Reply>> {
    const entered = link.limiter.enter(request.caller.signal)
    const leave = entered instanceof Promise ? await entered : entered
    try {
      const value = await pass(link, this.#parts.parking, request)
      const outcome = value.result.isError === true ? 'failed' : 'ok'
      return { value, outcome, isRecorded: false }
    } finally {
      leave()
    }
  }

  /** Ends a call that failed. Refusals and failed effects are on record; losing such a row loses no effect. */
  async #fail(call: Call, thrown: unknown, open?: OpenCall): Promise<never> {
    const { store, log, registry } = this.#parts
    const error = asKnown(thrown, call, log)
    const outcome = outcomeOf(error)
    try {
      if (open) await this.#open.end(open, auditRow(call, outcome))
      else if (outcome === 'denied' || hasEffect(registry, call))
        await store.record(auditRow(call, outcome))
    } catch (cause) {
      log.warn({ error: cause, tool: call.name, outcome }, 'a failed call could not be audited')
    }
    throw error
  }
}
