import { randomUUID } from 'node:crypto'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { AuditEntry } from '../../servers/kit/audit.ts'
import { auditArgs } from '../../servers/kit/audit.ts'
import type { LeaseState, Subjects } from '../../servers/kit/authority.ts'
import type { Tool } from '../../servers/kit/tool.ts'
import { attemptIsLive } from '../../servers/orchestration/store/attempts.ts'
import type { Reply } from '../rpc/reply.ts'
import { RpcError } from '../rpc/protocol.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Relayed } from '../upstreams/pairing.ts'
import { pass } from '../upstreams/pairing.ts'
import type { Parking } from '../upstreams/parking.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'
import type { Shared } from './call-context.ts'
import { CallContext } from './call-context.ts'
import { decide, denied } from './decide.ts'
import { isGranted, upstreamScope } from './grants.ts'
import type { Outcome } from './outcome.ts'
import { labelOf, outcomeOf } from './outcome.ts'
import type { Registry } from './registry.ts'

export type CallOptions = {
  requestId?: string | undefined
  /** Made only when a tool asks for it: most calls end before anybody could cancel them. */
  signal?: (() => AbortSignal) | undefined
}

type Parts = Shared & {
  registry: Registry
  telemetry: Telemetry
  parking: Parking
  /** Aborts when running calls should give up, at the end of a drain. */
  stopping: AbortSignal
}

/** One call on its way, whoever serves it. */
type Call = {
  principal: Principal
  /** What the caller asked for, as the audit trail keeps it. */
  name: string
  /** What its metrics are counted under: bounded, so never a caller's own text. */
  label: string
  args: unknown
  requestId: string
  /** Facts that authority is decided on. */
  subject(): Subjects['tool.call'] | Promise<Subjects['tool.call']>
  /** What served it, where that is no tool of this hub. */
  server?: string
}

/** What a call came to: its value, what that says of its effect, and whether that is on record. */
type Done<T> = { value: T; outcome: Outcome; isRecorded: boolean }

/**
 * The one road of every call, whatever door it came in by and whoever serves it: resolve, decide, run,
 * one audit row with the true outcome, one measurement.
 */
export class Calls {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Calls a tool of this hub by its name. Throws HubError. */
  async tool(
    principal: Principal,
    name: string,
    args: unknown,
    { requestId = randomUUID(), signal = () => this.#parts.stopping }: CallOptions = {},
  ): Promise<unknown> {
    const tool = this.#parts.registry.get(name)
    const call: Call = {
      principal,
      name: name.slice(0, 80),
      label: tool?.name ?? 'unknown',
      args,
      requestId,
      subject: async () => {
        const { scope } = tool ?? this.#parts.registry.require(name)
        return { name, scope, lease: await this.#leaseOf(principal) }
      },
    }
    return this.#travel(call, () =>
      this.#run(call, tool ?? this.#parts.registry.require(name), signal),
    )
  }

  /**
   * Passes a request on to the upstream that serves it and the answer back. `name` is what the caller
   * asked for. No credential of the caller goes along.
   */
  relay(link: UpstreamLink, name: string, request: Relayed): Promise<Reply> {
    const { principal, signal } = request.caller
    const { config, parking } = this.#parts
    const call: Call = {
      principal,
      name,
      label: `upstream:${link.name}`,
      args: request.params.arguments,
      requestId: randomUUID(),
      server: link.name,
      subject: async () => ({
        name,
        scope: upstreamScope,
        lease: await this.#leaseOf(principal),
        granted: isGranted(config(), principal, link.name),
      }),
    }
    return this.#travel(call, async () => {
      const leave = await link.limiter.enter(signal)
      try {
        const value = await pass(link, parking, request)
        const outcome = value.result.isError === true ? 'failed' : 'ok'
        return { value, outcome, isRecorded: false }
      } finally {
        leave()
      }
    })
  }

  async #travel<T>(call: Call, run: () => Promise<Done<T>>): Promise<T> {
    const startedAt = performance.now()
    let label: string = 'ok'
    try {
      const decision = decide(call.principal, 'tool.call', await call.subject())
      if (decision.kind === 'deny') throw denied(decision)
      const { value, outcome, isRecorded } = await run()
      label = outcome
      if (!isRecorded) await this.#parts.store.record(auditRow(call, outcome))
      return value
    } catch (thrown) {
      const error = this.#asKnown(thrown, call)
      label = labelOf(error)
      await this.#recordFailure(call, outcomeOf(error))
      throw error
    } finally {
      this.#parts.telemetry.call(call.label, label, performance.now() - startedAt)
    }
  }

  async #run(call: Call, tool: Tool, signal: () => AbortSignal): Promise<Done<unknown>> {
    const ctx = new CallContext(this.#parts, { ...call, signal }, () => auditRow(call, 'ok'))
    const value = await tool.call(call.args, ctx)
    // Reading has no effect to be on record; an effect's row is part of its transaction.
    return { value, outcome: 'ok', isRecorded: ctx.isRecorded || tool.effect === 'read' }
  }

  /** Refusals and failed effects are on record too; losing one of those rows loses no effect. */
  async #recordFailure(call: Call, outcome: Outcome): Promise<void> {
    const { registry, store, log } = this.#parts
    const isRead = call.server === undefined && registry.get(call.name)?.effect === 'read'
    if (isRead && outcome !== 'denied') return
    try {
      await store.record(auditRow(call, outcome))
    } catch (error) {
      log.warn({ error, tool: call.name, outcome }, 'a failed call could not be audited')
    }
  }

  /** Known failures pass; anything else is a bug: the caller gets a reference, the log gets the stack. */
  #asKnown(thrown: unknown, { name, requestId }: Call): HubError | RpcError {
    if (thrown instanceof HubError || thrown instanceof RpcError) return thrown
    this.#parts.log.error({ error: thrown, tool: name, requestId }, 'a tool failed unexpectedly')
    return new HubError('internal', `${name} failed inside the hub; reference ${requestId}`, {
      hint: 'The log of the hub has the details under this reference.',
    })
  }

  async #leaseOf({ attempt }: Principal): Promise<LeaseState> {
    if (attempt === undefined) return 'none'
    return (await attemptIsLive(this.#parts.store.reader, attempt)) ? 'live' : 'ended'
  }
}

const auditRow = (call: Call, outcome: Outcome): Omit<AuditEntry, 'at'> => ({
  org: call.principal.orgs[0] ?? '',
  principal: call.principal.id,
  tool: call.name,
  outcome,
  subject: call.server,
  args: auditArgs(call.args),
  requestId: call.requestId,
})
